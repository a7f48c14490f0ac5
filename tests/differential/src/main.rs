//! Runs programs of consecutive seeds through Millstream and Kafka Streams, and prints the differences.

use std::process::ExitCode;

use clap::Parser;
use millstream_differential::program::Program;
use millstream_differential::session::Session;
use serde::Serialize;

/// Runs programs drawn at random through Millstream and Kafka Streams 4.4.0. Prints each difference with the smallest program that
/// shows it, how often allowed differences and operators occurred, and fails if there was a difference.
#[derive(Parser)]
struct Options {
    /// The first seed.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// How many programs.
    #[arg(long, default_value_t = 1_000)]
    count: u64,
    /// Ends after so many programs that differ.
    #[arg(long, default_value_t = 10)]
    differences: usize,
    /// Prints where programs differ, without looking for the smallest one.
    #[arg(long)]
    no_shrink: bool,
}

fn main() -> ExitCode {
    let options = Options::parse();
    let mut session = Session::start();
    for seed in options.from..options.from.saturating_add(options.count) {
        if let Some((program, difference)) = session.try_seed(seed) {
            println!("seed {seed} differs: {difference}");
            if options.no_shrink {
                continue;
            }
            let (smallest, difference) = session.shrink(program);
            difference.into_iter().for_each(|difference| println!("shrunk: {difference}"));
            print(&smallest);
        }
        if session.differing.len() == options.differences {
            break;
        }
        if session.programs.is_multiple_of(1_000) {
            println!("{} programs, {} differ", session.programs, session.differing.len());
        }
    }
    println!("\n{}", session.coverage);
    for (rule, programs) in &session.allowed {
        println!("{programs} programs with an allowed difference: {rule}");
    }
    let Session { programs, programs_with_allowed, differing, .. } = &session;
    let percent = 100.0 * (programs - programs_with_allowed) as f64 / *programs as f64;
    println!(
        "{programs} programs, {percent:.2} % compared without an allowed difference, {} differ: {differing:?}",
        differing.len()
    );
    if differing.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// A line for each operator and input.
fn print(program: &Program) {
    println!("{}", json(&program.settings));
    program.nodes.iter().enumerate().for_each(|(index, node)| println!("{index}: {}", json(node)));
    program.inputs.iter().enumerate().for_each(|(index, input)| println!("input {index}: {}", json(input)));
    println!();
}

fn json(part: &impl Serialize) -> String {
    serde_json::to_string(part).expect("a program is JSON")
}
