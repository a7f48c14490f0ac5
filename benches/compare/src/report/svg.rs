//! Results as a picture: a bar of processor time per record for each contender and case.

use super::results::{Row, beside, cases};
use super::targets::SHOWN;
use crate::contender::Contender;
use crate::contender::job::Store;
use crate::workload::Case;

const WIDTH: f64 = 890.0;
/// Where bars begin.
const LEFT: f64 = 330.0;
/// Room for the figure behind the longest bar.
const RIGHT: f64 = 130.0;
const TOP: f64 = 84.0;
const BAR: f64 = 15.0;
const BETWEEN_CASES: f64 = 14.0;

const STYLE: &str = "\
text { font: 13px system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif; fill: #1f2328; }
.title { font-size: 17px; font-weight: 600; }
.quiet { fill: #59636e; }
.millstream { fill: #0969da; }
.kafka-streams { fill: #bc4c00; }
.librdkafka { fill: #8c959f; }
.ground { fill: #ffffff; }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc; }
  .quiet { fill: #9198a1; }
  .millstream { fill: #58a6ff; }
  .kafka-streams { fill: #f0883e; }
  .librdkafka { fill: #6e7681; }
  .ground { fill: #0d1117; }
}";

/// The picture of these rows.
pub(crate) fn draw(rows: &[Row]) -> String {
    let most = rows.iter().map(Row::cpu_us).fold(0.1, f64::max);
    let scale = (WIDTH - LEFT - RIGHT) / most;
    let (mut body, mut y) = (String::new(), TOP);
    for case in cases(rows) {
        let shown: Vec<&Row> = SHOWN.iter().filter_map(|&contender| beside(rows, case, contender)).collect();
        let middle = y + BAR * shown.len() as f64 / 2.0 + 4.0;
        body += &text(LEFT - 10.0, middle, "", "end", &title(case));
        for row in &shown {
            body += &bar(row, y, scale, times_less(&shown, row));
            y += BAR;
        }
        y += BETWEEN_CASES;
    }
    let height = y + 10.0;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" \
         aria-label=\"CPU time per record of Millstream, Kafka Streams and a bare librdkafka loop\">\n\
         <style>\n{STYLE}\n</style>\n<rect class=\"ground\" width=\"{WIDTH}\" height=\"{height}\"/>\n{}{body}</svg>\n",
        heading()
    )
}

fn heading() -> String {
    let mut heading = text(20.0, 30.0, "title", "start", "CPU time per record, in microseconds: less is better");
    let mut x = 20.0;
    for contender in SHOWN {
        heading += &format!("<rect class=\"{}\" x=\"{x}\" y=\"46\" width=\"12\" height=\"12\"/>\n", contender.name());
        heading += &text(x + 18.0, 57.0, "quiet", "start", contender.title());
        x += 150.0;
    }
    heading
}

fn bar(row: &Row, y: f64, scale: f64, times_less: Option<f64>) -> String {
    let (cpu, class) = (row.cpu_us(), row.contender.name());
    let (width, height) = (cpu * scale, BAR - 2.0);
    let note = times_less.map_or_else(String::new, |times| format!("  ({times:.1}× less)"));
    format!("<rect class=\"{class}\" x=\"{LEFT}\" y=\"{y}\" width=\"{width:.1}\" height=\"{height}\" rx=\"2\"/>\n")
        + &text(LEFT + width + 6.0, y + BAR - 4.0, "quiet", "start", &format!("{cpu:.2}{note}"))
}

/// How many times less than Kafka Streams our row takes.
fn times_less(shown: &[&Row], row: &Row) -> Option<f64> {
    let rival = shown.iter().find(|other| other.contender == Contender::KafkaStreams)?;
    (row.contender == Contender::Millstream).then(|| rival.cpu_us() / row.cpu_us())
}

fn title(case: Case) -> String {
    let on_disk = if case.store == Store::Rocksdb { ", RocksDB" } else { "" };
    format!("{}{on_disk}", case.title())
}

fn text(x: f64, y: f64, class: &str, anchor: &str, text: &str) -> String {
    format!("<text x=\"{x:.1}\" y=\"{y:.1}\" class=\"{class}\" text-anchor=\"{anchor}\">{text}</text>\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::Measured;
    use crate::workload::Workload;

    #[test]
    fn each_row_has_a_bar_as_long_as_its_figure() {
        let row = |contender, cpu_us| {
            let run = Measured { cpu_us, records_per_second: 1.0, peak_bytes: 1, output: 1.0, changelog: 1.0 };
            let case = Case { workload: Workload::KeyedCount, store: Store::Rocksdb, records: 1, keys: 100_000 };
            Row { case, contender, runs: vec![run] }
        };
        let picture = draw(&[row(Contender::Millstream, 2.0), row(Contender::KafkaStreams, 8.0)]);
        let longest = WIDTH - LEFT - RIGHT;
        for (contender, width, figure) in
            [("millstream", longest / 4.0, "2.00  (4.0× less)"), ("kafka-streams", longest, "8.00")]
        {
            let bar = picture.lines().position(|line| line.contains(&format!("class=\"{contender}\" x=\"{LEFT}\"")));
            let bar = bar.unwrap_or_else(|| panic!("no bar for {contender} in {picture}"));
            assert!(picture.lines().nth(bar).is_some_and(|line| line.contains(&format!("width=\"{width:.1}\""))));
            assert!(picture.lines().nth(bar + 1).is_some_and(|line| line.contains(figure)));
        }
        assert!(picture.contains("keyed count, 100,000 keys, RocksDB"));
    }
}
