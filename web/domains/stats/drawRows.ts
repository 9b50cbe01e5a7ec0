import { BarChart } from 'echarts/charts'
import { GridComponent } from 'echarts/components'
import { init, use } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'

use([BarChart, GridComponent, SVGRenderer])

export interface RowBar {
  label: string
  value: number
  isBad: boolean
}

const BAR_HEIGHT_PX = 14
const RADIUS_PX = 4

/** Lying bars, the first on top, the name before and the value behind; no axis, grid or animation. @returns takes it away */
export function drawRows(place: HTMLElement, bars: readonly RowBar[]): () => void {
  const style = getComputedStyle(place)
  const colour = (name: string) => style.getPropertyValue(name).trim()
  const textSize = parseFloat(style.fontSize)
  const chart = init(place, null, { renderer: 'svg' })
  chart.setOption({
    animation: false,
    grid: { left: 0, right: textSize * 3, top: 0, bottom: 0, containLabel: true },
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
        interval: 0,
        width: textSize * 9,
        overflow: 'truncate',
      },
    },
    series: [
      {
        type: 'bar',
        silent: true,
        barWidth: BAR_HEIGHT_PX,
        label: { show: true, position: 'right', color: colour('--ink-2'), fontSize: textSize },
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
