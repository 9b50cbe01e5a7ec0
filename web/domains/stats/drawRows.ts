import { BarChart } from 'echarts/charts'
import { GridComponent } from 'echarts/components'
import { init, use } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'

use([BarChart, GridComponent, SVGRenderer])

export interface RowBar {
  label: string
  value: number
  /** behind the bar instead of the number itself */
  text?: string
  isBad: boolean
}

const BAR_HEIGHT_PX = 14
const RADIUS_PX = 4
const LABEL_GAP_PX = 8
/** Names take no more of the picture than this; the rest of a long one is left out. */
const LABEL_SHARE = 0.46

/** As wide as the longest is, measured: reckoned from their number, signs of another width would be cut off. */
function widest(texts: readonly string[], textSize: number, fontFamily: string, most: number): number {
  const pen = document.createElement('canvas').getContext('2d')
  if (pen) pen.font = `${textSize}px ${fontFamily}`
  const widths = texts.map(text => pen?.measureText(text).width ?? most)
  return Math.ceil(Math.min(most, Math.max(...widths, 0) + 1))
}

/** Lying bars, the first on top, the name before and the value behind; no axis, grid or animation. @returns takes it away */
export function drawRows(place: HTMLElement, bars: readonly RowBar[]): () => void {
  const style = getComputedStyle(place)
  const colour = (name: string) => style.getPropertyValue(name).trim()
  const textSize = parseFloat(style.fontSize)
  const chart = init(place, null, { renderer: 'svg' })
  const most = place.clientWidth * LABEL_SHARE
  const labelWidth = widest(
    bars.map(({ label }) => label),
    textSize,
    style.fontFamily,
    most,
  )
  const textOf = ({ value, text }: RowBar) => text ?? String(value)
  const textWidth = widest(bars.map(textOf), textSize, style.fontFamily, most)
  chart.setOption({
    animation: false,
    grid: { left: labelWidth + LABEL_GAP_PX, right: textWidth + LABEL_GAP_PX, top: 0, bottom: 0 },
    xAxis: { type: 'value', show: false, min: 0 },
    yAxis: {
      type: 'category',
      inverse: true,
      data: bars.map(({ label }) => label),
      axisTick: { show: false },
      axisLine: { show: false },
      axisLabel: {
        color: colour('--ink-2'),
        fontSize: textSize,
        fontFamily: style.fontFamily,
        interval: 0,
        margin: LABEL_GAP_PX,
        width: labelWidth,
        overflow: 'truncate',
      },
    },
    series: [
      {
        type: 'bar',
        silent: true,
        barWidth: BAR_HEIGHT_PX,
        label: {
          show: true,
          position: 'right',
          color: colour('--ink-2'),
          fontSize: textSize,
          fontFamily: style.fontFamily,
          formatter: ({ dataIndex }: { dataIndex: number }) =>
            bars
              .slice(dataIndex, dataIndex + 1)
              .map(textOf)
              .join(''),
        },
        data: bars.map(({ value, isBad }) => ({
          value,
          itemStyle: {
            color: colour(isBad ? '--warn' : '--accent-fill'),
            borderRadius: [0, RADIUS_PX, RADIUS_PX, 0],
          },
        })),
      },
    ],
  })
  const watcher = new ResizeObserver(() => chart.resize())
  watcher.observe(place)
  return () => {
    watcher.disconnect()
    chart.dispose()
  }
}
