// One curve over time, by ECharts (only the parts that it needs).
import { useEffect, useRef } from 'preact/hooks';
import type { JSX } from 'preact';
import { LineChart } from 'echarts/charts';
import { GridComponent, TooltipComponent } from 'echarts/components';
import { init, use, type EChartsType } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';
import { look, scale, token } from './look';
import { language, number, time } from '../text';

/** Distances between the marks of time: whole minutes and hours, at most six of them. */
const stepsMin = [1, 2, 5, 10, 15, 30, 60, 120, 240, 480, 1440];

function stepMs(spanMs: number): number {
  return 60_000 * (stepsMin.find(m => spanMs / 60_000 / m <= 6) ?? stepsMin[stepsMin.length - 1]!);
}

use([LineChart, GridComponent, TooltipComponent, CanvasRenderer]);

export default function Curve({ label, points, usual = [] }: { label: string; points: [number, number][]; usual?: [number, number][] }): JSX.Element {
  const box = useRef<HTMLDivElement>(null), chart = useRef<EChartsType | null>(null);
  useEffect(() => {
    if (!box.current) return undefined;
    const made = init(box.current);
    chart.current = made;
    const watch = new ResizeObserver(() => made.resize());
    watch.observe(box.current);
    return () => { watch.disconnect(); made.dispose(); };
  }, []);
  const tone = look.value, words = language.value, em = scale.value;
  useEffect(() => {
    const spanMs = usual.length > 1 ? usual[usual.length - 1]![0] - usual[0]![0] : (points[points.length - 1]?.[0] ?? 0) - (points[0]?.[0] ?? 0);
    const soft = token('faint'), line = token('line'), fontSize = 12 * em;
    chart.current?.setOption({
      animation: false,
      grid: { left: 4, right: 10, top: 10, bottom: 2, containLabel: true },
      xAxis: { type: 'value', min: 'dataMin', max: 'dataMax', axisLabel: { color: soft, fontSize, formatter: (ms: number) => time(ms, spanMs < 600_000), hideOverlap: true }, splitLine: { show: false }, axisLine: { lineStyle: { color: line } }, ...(spanMs < 120_000 ? { splitNumber: 4 } : { interval: stepMs(spanMs) }) },
      yAxis: { type: 'value', min: 0, splitNumber: 3, axisLabel: { color: soft, fontSize, formatter: (v: number) => number(v) }, splitLine: { lineStyle: { color: line } } },
      tooltip: { trigger: 'axis', renderMode: 'richText', confine: true, backgroundColor: token('raised'), borderColor: token('strong'), textStyle: { color: token('ink'), fontSize },
        formatter: (p: unknown) => (p as { value: [number, number] }[]).map(x => `${time(x.value[0])}  ${number(x.value[1], 1)}`).join('\n') },
      series: [{ type: 'line', data: points, showSymbol: false, lineStyle: { width: 1.6 * em, color: token('accent') }, itemStyle: { color: token('accent') }, areaStyle: { color: token('accent'), opacity: 0.08 } },
        ...(usual.length > 0 ? [{ type: 'line' as const, data: usual, showSymbol: false, lineStyle: { width: 1.4 * em, type: 'dashed' as const, color: token('soft') }, itemStyle: { color: token('soft') } }] : [])],
    }, { notMerge: true });
  }, [points, usual, tone, words, em]);
  const last = points[points.length - 1]?.[1] ?? 0;
  return <div ref={box} class="chart" role="img" aria-label={`${label}: ${number(last, 1)}`} />;
}
