// The step curve of a report, drawn over the one the page brings along, so that a pointer can read it.
// Without a script that one stands, and the table says the same.

const MONTH = 365.25 / 12;
// "6px, 3px" as the numbers that a canvas takes; "none" as no dashes.
const dash = (style) => (style === "none" ? [] : style.split(",").map(parseFloat));
const steps = uPlot.paths.stepped({ align: 1 });

for (const box of document.querySelectorAll("[data-curve]")) {
  const told = JSON.parse(document.getElementById(box.dataset.curve).textContent);
  const months = told.days.map((day) => day / MONTH);
  // The lines last, so that none is under the interval of another one.
  const values = [months, ...told.lines.flatMap((line) => [line.high, line.low].map((end) => (line.wide ? end.map(() => null) : end))), ...told.lines.map((line) => line.share)];
  let plot;

  // Colours are those of the page, asked of an element that has them: a canvas knows no variables.
  const colours = () => {
    const mark = document.createElement("i");
    box.append(mark);
    const found = (of, style = "color") => {
      mark.className = of;
      return getComputedStyle(mark)[style];
    };
    const all = {
      ink: found("ink"), rule: found("rule"), band: found("band", "backgroundColor"),
      lines: told.lines.map((line) => ({ stroke: found(line.key), fill: found(line.key, "backgroundColor"), dash: dash(found(line.key, "strokeDasharray")) })),
    };
    mark.remove();
    return all;
  };

  const draw = () => {
    const paint = colours();
    const curve = (stroke, width, dash) => ({ stroke, width, dash, paths: steps, points: { show: false } });
    const ends = paint.lines.flatMap(() => [curve("transparent", 0), curve("transparent", 0)]);
    const series = [{}, ...ends, ...paint.lines.map(({ stroke, dash }) => curve(stroke, 2, dash))];
    const axis = { stroke: paint.ink, grid: { stroke: paint.rule, width: 1 }, ticks: { show: false }, font: `12px ${getComputedStyle(box).fontFamily}` };
    const bands = {
      hooks: {
        drawAxes: [(chart) => {
          const { ctx, bbox } = chart;
          ctx.save();
          ctx.beginPath();
          ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
          ctx.clip();
          ctx.fillStyle = paint.band;
          for (const band of told.bands) {
            const top = chart.valToPos(band.high, "y", true);
            ctx.fillRect(bbox.left, top, bbox.width, chart.valToPos(band.low, "y", true) - top);
          }
          ctx.restore();
        }],
      },
    };
    plot?.destroy();
    plot = new uPlot({
      width: box.clientWidth, height: box.clientHeight,
      series,
      bands: told.lines.map((_line, place) => ({ series: [2 * place + 1, 2 * place + 2], fill: paint.lines[place].fill })),
      scales: { x: { time: false, range: [0, months.at(-1)] }, y: { range: () => [0, told.top] } },
      axes: [{ ...axis, size: 28, values: (_chart, ticks) => ticks.map((tick) => `${tick}`) }, { ...axis, size: 48, values: (_chart, ticks) => ticks.map((tick) => `${tick} %`) }],
      legend: { show: false },
      cursor: { drag: { x: false, y: false }, points: { show: false } },
      plugins: [bands, { hooks: { setCursor: [(chart) => read(chart.cursor.idx)] } }],
    }, values, box);
    box.dataset.drawn = "";
  };

  // What stands under the pointer, in the line below the picture; without a pointer, what holds at the end.
  const line = document.getElementById(box.dataset.reading);
  const read = (place) => {
    const at = place ?? months.length - 1;
    const say = (value) => (value === null ? "–" : value.toFixed(1));
    const parts = told.lines.map((one) => one.share[at] === null ? `${one.label}: ${box.dataset.unknown}`
      : `${one.label} ${say(one.share[at])} % (${say(one.low[at])}–${say(one.high[at])})`);
    line.textContent = `${months[at].toFixed(1)} ${box.dataset.month}: ${parts.join(" · ")}`;
  };

  draw();
  read(null);
  let width = box.clientWidth;
  new ResizeObserver(() => {
    if (box.clientWidth !== width) plot.setSize({ width: (width = box.clientWidth), height: box.clientHeight });
  }).observe(box);
  // The theme changed, here or in the system: other colours.
  new MutationObserver(draw).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
}
