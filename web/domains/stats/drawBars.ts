import { BarChart } from 'echarts/charts'
import { GridComponent } from 'echarts/components'
import { init, use } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'

use([BarChart, GridComponent, SVGRenderer])

export interface Bar {
  label: string
  /** the part that is proven, and what stands hatched on it */
  solid: number
  hatched: number
  /** above the bar instead of the number itself */
  text?: string
  isCurrent: boolean
  /** stands there to compare with, and does not count */
  isFaint?: boolean
}

const BAR_WIDTH_PX = 24
const RADIUS_PX = 4

/** Plain bars over a baseline, the value above and the month below; no axis, grid or animation. @returns takes it away */
export function drawBars(place: HTMLElement, bars: readonly Bar[]): () => void {
  const style = getComputedStyle(place)
  const colour = (name: string) => style.getPropertyValue(name).trim()
  const textSize = parseFloat(style.fontSize)
  const chart = init(place, null, { renderer: 'svg' })
  const top = [RADIUS_PX, RADIUS_PX, 0, 0]
  chart.setOption({
    animation: false,
    grid: { left: 0, right: 0, top: textSize * 2, bottom: textSize * 2 },
    xAxis: {
      type: 'category',
      data: bars.map(bar => bar.label),
      axisTick: { show: false },
      axisLine: { lineStyle: { color: colour('--line-2') } },
      axisLabel: { color: colour('--ink-3'), fontSize: textSize, interval: 0 },
    },
    yAxis: { type: 'value', show: false },
    series: [
      {
        type: 'bar',
        stack: 'all',
        silent: true,
        barWidth: BAR_WIDTH_PX,
        data: bars.map(({ solid, hatched, isCurrent, isFaint }) => ({
          value: solid,
          itemStyle: {
            color: colour(isFaint ? '--line-2' : isCurrent ? '--accent-fill' : '--edge'),
            borderRadius: hatched > 0 ? 0 : top,
          },
        })),
      },
      {
        type: 'bar',
        stack: 'all',
        silent: true,
        barWidth: BAR_WIDTH_PX,
        label: {
          show: true,
          position: 'top',
          color: colour('--ink-2'),
          fontSize: textSize,
          formatter: ({ dataIndex }: { dataIndex: number }) =>
            bars[dataIndex]?.text ?? String((bars[dataIndex]?.solid ?? 0) + (bars[dataIndex]?.hatched ?? 0)),
        },
        data: bars.map(({ hatched, isCurrent }) => ({
          value: hatched,
          itemStyle: {
            color: colour('--sunk'),
            borderRadius: top,
            decal: {
              symbol: 'rect',
              color: colour(isCurrent ? '--accent-line' : '--edge'),
              dashArrayX: [1, 0],
              dashArrayY: [2, 4],
              rotation: -Math.PI / 4,
            },
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
