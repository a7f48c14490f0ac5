//! Racks and tags: how well the copies of a task are spread (KIP-708).

use std::collections::BTreeMap;

use super::model::Model;

/// The processes by their rack and the values of the tags that count. Processes that agree in all of them are one zone.
pub(super) struct Spread {
    /// The zone of each process.
    pub(super) zone_of: Vec<usize>,
    /// The processes of each zone.
    pub(super) zones: Vec<Vec<usize>>,
    /// The values of each zone, as numbers; `None` where it has none.
    values: Vec<Vec<Option<usize>>>,
}

impl Spread {
    pub(super) fn new(model: &Model<'_>) -> Self {
        let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
        let mut zones: BTreeMap<Vec<Option<usize>>, usize> = BTreeMap::new();
        let mut spread = Self { zone_of: Vec::new(), zones: Vec::new(), values: Vec::new() };
        let tags = &model.group.settings.rack_aware_assignment_tags;
        for (number, process) in model.processes.iter().enumerate() {
            let report = &process.report;
            let texts = tags.iter().map(|tag| report.tags.get(tag));
            let values: Vec<Option<usize>> = std::iter::once(report.rack.as_ref())
                .chain(texts)
                .map(|text| {
                    let next = numbers.len();
                    text.map(|text| *numbers.entry(text.as_str()).or_insert(next))
                })
                .collect();
            let zone = *zones.entry(values.clone()).or_insert_with(|| {
                spread.zones.push(Vec::new());
                spread.values.push(values);
                spread.zones.len() - 1
            });
            spread.zone_of.push(zone);
            spread.zones[zone].push(number);
        }
        spread
    }

    /// In how many of rack and tags a zone differs from all processes in `others`. A process without a value differs from none.
    pub(super) fn score(&self, zone: usize, others: &[usize]) -> usize {
        let differs = |(at, value): &(usize, &Option<usize>)| {
            value.is_some() && others.iter().all(|other| self.values[self.zone_of[*other]][*at] != **value)
        };
        self.values[zone].iter().enumerate().filter(differs).count()
    }
}
