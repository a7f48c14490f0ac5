//! The pipeline, and what a word is.

use millstream::{StreamsBuilder, Topology, TopologyError};
use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};

use super::Word;

/// The default application id.
pub const APPLICATION_ID: &str = "wordcount";
/// The default source topic.
pub const LINES: &str = "lines";
/// The name of the repartition topic of the words.
pub const REPARTITION: &str = "wordcount-words-repartition";
/// The store of the counts.
pub const STORE: &str = "word-counts";
/// The default output topic.
pub const COUNTS: &str = "counts";

/// Counts the words of the topic `lines` into the topic `counts`.
///
/// Lines are read as bytes: a record that is not UTF-8 must not stop the application, since anybody may write to the
/// topic. Bytes that are not UTF-8 separate words.
///
/// # Errors
/// When the topology is invalid. With two different topics it is not.
pub fn topology(lines: &str, counts: &str) -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    builder
        .stream::<(), Vec<u8>>(lines)
        .flat_map_values(|_key, line| Words::of(&String::from_utf8_lossy(&line)))
        .group_by(|_key, word| word.clone())
        .named("words")
        .count(STORE)
        .to_stream()
        .to(counts);
    builder.build()
}

/// The words of a text, lower-cased, in order.
///
/// A word begins with a letter or digit of any script, and continues with letters, digits, combining marks and joiners
/// (the vowel signs of `हिन्दी`, for example). An apostrophe between two letters belongs to the word, straight or curly
/// (`don't`); everything else, hyphens too, separates words. In a script that is written without spaces each run of
/// letters is one word.
///
/// This is simpler than the word boundaries of Unicode (UAX #29, the crate `unicode-segmentation`), which split Chinese
/// and Thai into single characters and join `example.com`. It costs one comparison for an ASCII letter; the category of a
/// character is looked up only where a word ends in a character outside ASCII.
///
/// # Examples
/// ```
/// use millstream_examples::wordcount::Words;
///
/// let words = Words::of("Don’t panic: it's 'only' a well-known Test.").map(|word| word.to_string());
/// assert_eq!(words.collect::<Vec<_>>().join(" "), "don't panic it's only a well known test");
/// ```
#[derive(Clone, Debug)]
pub struct Words {
    text: String,
    position: usize,
}

impl Words {
    /// The words of `text`.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let text = text.to_lowercase();
        let text = if text.contains('’') { text.replace('’', "'") } else { text };
        Self { text, position: 0 }
    }
}

impl Iterator for Words {
    type Item = Word;

    fn next(&mut self) -> Option<Word> {
        let start = self.position + self.text[self.position..].find(char::is_alphanumeric)?;
        self.position = end_of_word(&self.text, start);
        Some(Word::from(&self.text[start..self.position]))
    }
}

/// Where the word that begins at `start` ends.
fn end_of_word(text: &str, start: usize) -> usize {
    let mut end = start;
    loop {
        let rest = &text[end..];
        let Some(length) = rest.find(|letter| !continues_word(letter)) else { return text.len() };
        end += length;
        let mut behind = rest[length..].chars();
        let is_inside = behind.next() == Some('\'') && behind.next().is_some_and(char::is_alphanumeric);
        if !is_inside {
            return end;
        }
        end += 1;
    }
}

/// Whether `letter` continues a word: letters, digits, combining marks, and the invisible characters inside words (the
/// zero-width joiner and non-joiner, the soft hyphen).
fn continues_word(letter: char) -> bool {
    letter.is_alphanumeric()
        || (!letter.is_ascii()
            && (matches!(letter, '\u{200c}' | '\u{200d}' | '\u{ad}')
                || letter.general_category_group() == GeneralCategoryGroup::Mark))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use millstream::test::TopologyTestDriver;

    use super::*;

    #[test]
    fn words_are_counted_on_the_other_side_of_the_repartition_topic() {
        let topology = topology(LINES, COUNTS).unwrap();
        let parts = topology.subtopologies();
        let repartition: Vec<_> = parts.iter().flat_map(|part| &part.repartition_topics).collect();
        assert_eq!(repartition.len(), 1);
        assert_eq!(repartition[0].name.resolve(APPLICATION_ID).as_str(), REPARTITION);

        let driver = TopologyTestDriver::new(&topology).unwrap();
        driver.input_topic::<(), String>(LINES).pipe((), "So, so!").unwrap();
        let counts = driver.output_topic::<String, i64>(COUNTS).read_all_key_values().unwrap();
        assert_eq!(counts, [("so".to_owned(), 1), ("so".to_owned(), 2)]);
        assert_eq!(driver.key_value_store::<Word, i64>(STORE).get(&Word::from("so")).unwrap(), Some(2));
    }

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let words: Vec<String> = Words::of(text).map(|word| word.to_string()).collect();
        assert_eq!(words, expected, "{text}");
    }

    #[test]
    fn words_are_runs_of_letters_and_digits() {
        check("", &[]);
        check(" -- … !", &[]);
        check("The end", &["the", "end"]);
        check("x1,2y;\tz\r", &["x1", "2y", "z"]);
        check("Ärger über Öl", &["ärger", "über", "öl"]);
        check("слово 語言 ٣٤", &["слово", "語言", "٣٤"]);
    }

    #[test]
    fn apostrophes_count_inside_words_only() {
        check("don't 'quoted' rock'n'roll dogs'", &["don't", "quoted", "rock'n'roll", "dogs"]);
        check("it’s ‘so’", &["it's", "so"]);
        check("a''b '", &["a", "b"]);
    }

    #[test]
    fn letters_of_two_characters_stay_whole() {
        check("Cafe\u{301} İzmir", &["cafe\u{301}", "i\u{307}zmir"]);
    }

    #[test]
    fn combining_marks_and_joiners_do_not_split_words() {
        check("हिन्दी में लिखा", &["हिन्दी", "में", "लिखा"]);
        check("தமிழ் ภาษาไทย", &["தமிழ்", "ภาษาไทย"]);
        check("שָׁלוֹם مُحَمَّد", &["שָׁלוֹם", "مُحَمَّد"]);
        check("می\u{200c}خواهم co\u{ad}operate", &["می\u{200c}خواهم", "co\u{ad}operate"]);
        // A mark with no letter before it begins no word.
        check("\u{301} a\u{200d} \u{200d}", &["a\u{200d}"]);
    }

    #[test]
    fn the_valid_words_of_a_record_that_is_not_utf8_are_counted() {
        let driver = TopologyTestDriver::new(&topology(LINES, COUNTS).unwrap()).unwrap();
        driver.input_topic::<(), Vec<u8>>(LINES).pipe((), b"caf\xe9 \xffmill".to_vec()).unwrap();
        let counts = driver.output_topic::<String, i64>(COUNTS).read_all_key_values().unwrap();
        assert_eq!(counts, [("caf".to_owned(), 1), ("mill".to_owned(), 1)]);
    }
}
