//! What is measured, part by part.

use std::fmt::Display;
use std::time::Duration;

use clap::ValueEnum;

use crate::Outcome;
use crate::contender::Contender;
use crate::contender::job::Store;
use crate::measure::{Arena, Settings, load_for, with_heap};
use crate::options::Options;
use crate::report::results::{LatencyRow, MemoryRow, RestoreRow, Results, Row, SteadyRow, median};
use crate::scenario::Scenario;
use crate::settings;
use crate::workload::{Case, Truth, Workload};

/// A part of the comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// Throughput at equal settings.
    Equal,
    /// Throughput at each contender's best settings.
    Best,
    /// End-to-end latency.
    Latency,
    /// Restoring stores.
    Restore,
    /// Peak memory.
    Memory,
    /// Processor time, latency and memory under steady loads.
    Steady,
}

/// Measures what the options ask for.
pub(crate) fn measure(arena: &mut Arena, options: &Options) -> Outcome<Results> {
    let mut results = Results::default();
    for part in options.parts() {
        match part {
            Part::Equal => results.equal = throughput(arena, options, |case, _| settings::equal(case.workload))?,
            Part::Best => results.best = throughput(arena, options, |_, contender| settings::best(contender))?,
            Part::Latency => results.latency = latency(arena, options)?,
            Part::Restore => results.restore = restore(arena, options)?,
            Part::Memory => results.memory = memory(arena, options)?,
            Part::Steady => results.steady = steady(arena, options)?,
        }
    }
    Ok(results)
}

fn throughput(
    arena: &mut Arena,
    options: &Options,
    settings: impl Fn(Case, Contender) -> Settings,
) -> Outcome<Vec<Row>> {
    let mut rows = Vec::new();
    for case in options.cases() {
        arena.feed(case)?;
        let truth = Truth::of(case, case.rows());
        for contender in options.contenders().into_iter().filter(|contender| contender.takes(case.workload)) {
            let settings = settings(case, contender);
            let runs = repeat(options.runs, || arena.run(contender, case, &truth, &settings))?;
            let row = Row { case, contender, runs };
            let what = format!("{} ({})", case.title(), case.store.name());
            tell(what, contender, row.cpu_us(), "µs a record");
            rows.push(row);
        }
    }
    Ok(rows)
}

fn latency(arena: &mut Arena, options: &Options) -> Outcome<Vec<LatencyRow>> {
    let case = options.case(Workload::PassThrough, Store::Memory);
    let load = load_for(Duration::from_secs(options.latency_seconds));
    let mut rows = Vec::new();
    for name in ["linger 0", "defaults"] {
        for contender in options.contenders() {
            let settings = match name {
                "linger 0" => settings::without_lingering(),
                _ => settings::defaults(contender),
            };
            let runs = repeat(options.runs, || arena.latency(contender, case, load, &settings))?;
            tell(name, contender, median(&runs, |run| run.p99.as_secs_f64() * 1e3), "ms at p99");
            rows.push(LatencyRow { settings: name, contender, runs });
        }
    }
    Ok(rows)
}

fn restore(arena: &mut Arena, options: &Options) -> Outcome<Vec<RestoreRow>> {
    let mut rows = Vec::new();
    for (kind, case) in options.restores() {
        let settings = settings::equal(case.workload);
        for contender in options.contenders().into_iter().filter(|contender| contender.takes(case.workload)) {
            let runs = repeat(options.runs, || arena.restore(contender, kind, case, &settings))?;
            let speed = median(&runs, |run| run.records_per_second);
            tell(format!("restore of {} ({})", kind.name(), case.store.name()), contender, speed / 1e3, "k records/s");
            rows.push(RestoreRow { kind, store: case.store, contender, runs });
        }
    }
    Ok(rows)
}

fn memory(arena: &mut Arena, options: &Options) -> Outcome<Vec<MemoryRow>> {
    let case = options.case(Workload::KeyedCount, Store::Memory);
    let (truth, settings) = (Truth::of(case, 0), settings::equal(case.workload));
    arena.feed(case)?;
    let mut rows = Vec::new();
    for contender in options.contenders().into_iter().filter(|contender| contender.takes(case.workload)) {
        let runs = repeat(options.runs, || arena.run(contender, case, &truth, &settings))?;
        let unbounded = runs.first().copied();
        rows.push(MemoryRow { settings: "as it comes".to_owned(), contender, runs });
        if let Some(unbounded) = unbounded.filter(|_| contender == Contender::KafkaStreams) {
            let heap = arena.smallest_heap(case, &truth, &settings, &unbounded)?;
            let settings = with_heap(&settings, heap);
            let runs = repeat(options.runs, || arena.run(contender, case, &truth, &settings))?;
            tell("heap", contender, f64::from(heap), "MB are enough");
            rows.push(MemoryRow {
                settings: format!("`-Xmx{heap}m`, the least that keeps its speed"),
                contender,
                runs,
            });
        }
    }
    Ok(rows)
}

fn steady(arena: &mut Arena, options: &Options) -> Outcome<Vec<SteadyRow>> {
    let mut rows = Vec::new();
    let selected = Scenario::ALL.into_iter().filter(|scenario| options.workloads().contains(&scenario.workload()));
    for (scenario, load) in
        selected.flat_map(|scenario| options.steady_loads().into_iter().map(move |load| (scenario, load)))
    {
        let case = options.case(scenario.workload(), Store::Memory);
        for contender in options.contenders().into_iter().filter(|contender| contender.takes(case.workload)) {
            let settings = scenario.settings(contender);
            let runs = repeat(options.runs, || arena.steady(contender, case, load, &settings))?;
            let row = SteadyRow { scenario, per_second: load.per_second, contender, runs };
            let what = format!("{} at {} records/s", scenario.title(), load.per_second);
            tell(&what, contender, row.cpu_percent(), "% of a core");
            tell(&what, contender, row.p99_ms(), "ms at p99");
            rows.push(row);
        }
    }
    Ok(rows)
}

fn repeat<T>(runs: usize, mut run: impl FnMut() -> Outcome<T>) -> Outcome<Vec<T>> {
    (0..runs).map(|_| run()).collect()
}

/// Prints the progress to standard error.
fn tell(what: impl Display, contender: Contender, figure: f64, unit: &str) {
    eprintln!("{what}, {}: {figure:.2} {unit}", contender.title());
}
