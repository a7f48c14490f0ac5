//! The same records in each kind of window: what the windows hold in the end, as text or as the pictures of the guide.
//!
//! The windows are not drawn by hand: they are the results of a topology. Run it with
//! `cargo run -p millstream-examples --example window_pictures`, and with `-- docs/guide/pictures` to write the pictures there.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;
use std::time::Duration;
use std::{env, fs};

use millstream::test::TopologyTestDriver;
use millstream::{
    KGroupedStream, KTable, SessionWindows, SlidingWindows, StreamsBuilder, TimeWindows, Timestamp, UnlimitedWindows,
    Windowed,
};

/// When the records come, in milliseconds; the value of a record is its number: 1, 2 …
const TIMES: [i64; 6] = [4, 11, 14, 27, 33, 48];
const LAST_TIME: i64 = 60;
const TEN: Duration = Duration::from_millis(10);

/// A kind of window, by the name of its picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Tumbling,
    Hopping,
    Sliding,
    Session,
    Unlimited,
}

const KINDS: [Kind; 5] = [Kind::Tumbling, Kind::Hopping, Kind::Sliding, Kind::Session, Kind::Unlimited];

/// The numbers of the records by start and end of the window.
type Contents = BTreeMap<(i64, i64), String>;

impl Kind {
    fn title(self) -> &'static str {
        match self {
            Self::Tumbling => "Tumbling windows: size 10",
            Self::Hopping => "Hopping windows: size 20, advance 10",
            Self::Sliding => "Sliding windows: time difference 10",
            Self::Session => "Session windows: inactivity gap 10",
            Self::Unlimited => "Unlimited windows: start 10",
        }
    }

    fn file_name(self) -> String {
        format!("{self:?}.svg").to_lowercase()
    }

    /// The table whose rows are the windows.
    fn table(self, records: &KGroupedStream<String, String>) -> KTable<Windowed<String>, String> {
        let append = |numbers: String, number: String| format!("{numbers} {number}");
        let size = |size| TimeWindows::of_size_with_no_grace(size);
        let difference = SlidingWindows::of_time_difference_with_no_grace(TEN);
        let gap = SessionWindows::of_inactivity_gap_with_no_grace(TEN);
        let start = UnlimitedWindows::of().start_on(Timestamp::from_millis(10));
        match self {
            Self::Tumbling => records.windowed_by(size(TEN)).reduce("numbers", append),
            Self::Hopping => records.windowed_by(size(2 * TEN).advance_by(TEN)).reduce("numbers", append),
            Self::Sliding => records.windowed_by(difference).reduce("numbers", append),
            Self::Session => records.windowed_by(gap).reduce("numbers", append),
            Self::Unlimited => records.windowed_by(start).reduce("numbers", append),
        }
    }

    /// Whether a window contains the millisecond at its end.
    fn includes_the_end(self) -> bool {
        matches!(self, Self::Sliding | Self::Session)
    }

    /// What the windows hold after all records.
    fn contents(self) -> Result<Contents, Box<dyn Error>> {
        let builder = StreamsBuilder::new();
        let records = builder.stream::<String, String>("records").group_by_key();
        let windows = self.table(&records).to_stream();
        windows.map(|windowed, numbers| (windowed.window.to_string(), numbers)).to("windows");

        let driver = TopologyTestDriver::new(&builder.build()?)?;
        let input = driver.input_topic::<String, String>("records");
        for (number, time) in (1..).zip(TIMES) {
            input.pipe_at("key", number.to_string(), time)?;
        }
        let mut contents = Contents::new();
        for (window, numbers) in driver.output_topic::<String, Option<String>>("windows").read_all_key_values()? {
            let (start, end) = window.split_once('/').ok_or("a window has a start and an end")?;
            let window = (start.parse()?, end.parse()?);
            match numbers {
                Some(numbers) => contents.insert(window, numbers),
                None => contents.remove(&window),
            };
        }
        Ok(contents)
    }
}

/// A picture being drawn: its elements, and the height that they take.
struct Picture {
    elements: String,
    height: i64,
}

impl Picture {
    const WIDTH: i64 = 720;
    const MARGIN: i64 = 30;
    const PER_MILLISECOND: i64 = 11;
    const ROW: i64 = 30;
    const STYLE: &str = "\
text { font: 13px system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif; fill: #1f2328; text-anchor: middle; }
.title { font-weight: 600; text-anchor: start; }
.ground { fill: #ffffff; }
.record { fill: #bc4c00; }
.axis { stroke: #8c959f; }
.window { fill: #ddf4ff; stroke: #0969da; }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc; }
  .ground { fill: #0d1117; }
  .record { fill: #f0883e; }
  .axis { stroke: #6e7681; }
  .window { fill: #0c2d6b; stroke: #58a6ff; }
}";

    fn of(kind: Kind, contents: &Contents) -> String {
        let mut picture = Self { elements: String::new(), height: 0 };
        picture.text("title", Self::MARGIN, 24, kind.title());
        picture.records();
        picture.axis();
        picture.windows(kind, contents);
        let (width, height) = (Self::WIDTH, picture.height + 10);
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{}\">\n\
             <style>\n{}\n</style>\n<rect class=\"ground\" width=\"{width}\" height=\"{height}\"/>\n{}</svg>\n",
            kind.title(),
            Self::STYLE,
            picture.elements
        )
    }

    /// Where a time is, from the left.
    fn x(time: i64) -> i64 {
        Self::MARGIN + time.clamp(0, LAST_TIME) * Self::PER_MILLISECOND
    }

    fn text(&mut self, class: &str, x: i64, y: i64, text: &str) {
        self.elements += &format!("<text class=\"{class}\" x=\"{x}\" y=\"{y}\">{text}</text>\n");
    }

    fn line(&mut self, from: (i64, i64), to: (i64, i64)) {
        let ((x1, y1), (x2, y2)) = (from, to);
        self.elements += &format!("<line class=\"axis\" x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\"/>\n");
    }

    fn records(&mut self) {
        for (number, time) in (1..).zip(TIMES) {
            let x = Self::x(time);
            self.text("number", x, 50, &number.to_string());
            self.elements += &format!("<circle class=\"record\" cx=\"{x}\" cy=\"62\" r=\"5\"/>\n");
        }
    }

    fn axis(&mut self) {
        self.line((Self::x(0), 76), (Self::x(LAST_TIME), 76));
        for time in (0..=LAST_TIME).step_by(10) {
            self.line((Self::x(time), 72), (Self::x(time), 80));
            self.text("time", Self::x(time), 95, &time.to_string());
        }
        self.height = 106;
    }

    /// A bar for each window, in the first row that has room for it. An end that belongs to the window is round.
    fn windows(&mut self, kind: Kind, contents: &Contents) {
        let mut row_ends: Vec<i64> = Vec::new();
        let top = self.height;
        for (&(start, end), numbers) in contents {
            let (left, right) = (Self::x(start), Self::x(end));
            let row = row_ends.iter().position(|&row_end| row_end <= left).unwrap_or(row_ends.len());
            row_ends.resize(row_ends.len().max(row + 1), 0);
            let inclusive = kind.includes_the_end();
            let (width, radius) = if inclusive { ((right - left).max(14), 7) } else { (right - left, 0) };
            row_ends[row] = left + width + if inclusive { 4 } else { 0 };
            let y = top + row as i64 * Self::ROW;
            self.elements += &format!(
                "<rect class=\"window\" x=\"{left}\" y=\"{y}\" width=\"{width}\" height=\"22\" rx=\"{radius}\"/>\n"
            );
            self.text("numbers", left + width / 2, y + 16, numbers);
        }
        self.height = top + row_ends.len() as i64 * Self::ROW;
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = env::args().nth(1);
    for kind in KINDS {
        let contents = kind.contents()?;
        if let Some(folder) = &folder {
            fs::write(Path::new(folder).join(kind.file_name()), Picture::of(kind, &contents))?;
        }
        println!("{}", kind.title());
        for ((start, end), numbers) in contents {
            println!(
                "  {start} to {}: {numbers}",
                if kind == Kind::Unlimited { "…".to_owned() } else { end.to_string() }
            );
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(kind: Kind, expected: &[((i64, i64), &str)]) {
        let contents = kind.contents().expect("the topology runs");
        assert_eq!(contents, expected.iter().map(|(window, numbers)| (*window, (*numbers).to_owned())).collect());
    }

    #[test]
    fn each_record_is_in_one_tumbling_window_and_two_hopping_ones() {
        check(Kind::Tumbling, &[((0, 10), "1"), ((10, 20), "2 3"), ((20, 30), "4"), ((30, 40), "5"), ((40, 50), "6")]);
        check(
            Kind::Hopping,
            &[((0, 20), "1 2 3"), ((10, 30), "2 3 4"), ((20, 40), "4 5"), ((30, 50), "5 6"), ((40, 60), "6")],
        );
    }

    #[test]
    fn the_guide_shows_what_the_library_does() {
        let pictures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/guide/pictures");
        for kind in KINDS {
            let shown = fs::read_to_string(pictures.join(kind.file_name())).expect("the guide has a picture");
            let drawn = Picture::of(kind, &kind.contents().expect("the topology runs"));
            assert_eq!(shown, drawn, "run this example with `docs/guide/pictures` as its argument");
        }
    }
}
