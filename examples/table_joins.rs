//! Tables of tables: each parcel with the name of its depot, by a foreign key, with its note, by the same key, and how many
//! parcels each depot has.
//!
//! Run it with `cargo run -p millstream-examples --example table_joins`.

use std::error::Error;

use millstream::test::TopologyTestDriver;
use millstream::{StreamsBuilder, Topology, TopologyError};

fn topology() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    // The value of a parcel is the key of the depot that it is in.
    let parcels = builder.table::<String, String>("parcels", "parcels");
    let depots = builder.table::<String, String>("depots", "depots");
    let notes = builder.table::<String, String>("notes", "notes");

    let by_depot = depots.by(|_parcel: &String, depot: &String| depot.clone());
    let placed = parcels.join_foreign(by_depot, |parcel, _depot, name| format!("{parcel} is in {name}"));
    placed
        .left_join(&notes, |_parcel, place, note| match note {
            Some(note) => format!("{place} ({note})"),
            None => place.clone(),
        })
        .to_stream()
        .to("places");
    parcels.group_by(|parcel, depot| (depot, parcel.clone())).count("parcels-per-depot").to_stream().to("counts");
    builder.build()
}

fn main() -> Result<(), Box<dyn Error>> {
    let driver = TopologyTestDriver::new(&topology()?)?;
    let parcels = driver.input_topic::<String, Option<String>>("parcels");
    let depots = driver.input_topic::<String, Option<String>>("depots");

    depots.pipe("v", "Vienna")?;
    parcels.pipe("p1", "v")?;
    parcels.pipe("p2", "v")?;
    driver.input_topic::<String, Option<String>>("notes").pipe("p1", "fragile")?;
    depots.pipe("v", "Vienna South")?;
    parcels.pipe("p1", None::<String>)?;

    for (parcel, place) in driver.output_topic::<String, Option<String>>("places").read_all_key_values()? {
        println!("{parcel}: {}", place.as_deref().unwrap_or("delivered"));
    }
    for (depot, count) in driver.output_topic::<String, i64>("counts").read_all_key_values()? {
        println!("{depot}: {count}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parcels_follow_their_depots() -> Result<(), Box<dyn Error>> {
        let driver = TopologyTestDriver::new(&topology()?)?;
        let parcels = driver.input_topic::<String, Option<String>>("parcels");
        let depots = driver.input_topic::<String, Option<String>>("depots");
        let places = driver.output_topic::<String, Option<String>>("places");
        let counts = driver.output_topic::<String, i64>("counts");

        parcels.pipe("p1", "v")?;
        assert!(places.is_empty(), "the depot is not known yet");
        depots.pipe("v", "Vienna")?;
        assert_eq!(places.read_value()?.as_deref(), Some("p1 is in Vienna"));
        driver.input_topic::<String, Option<String>>("notes").pipe("p1", "fragile")?;
        assert_eq!(places.read_value()?.as_deref(), Some("p1 is in Vienna (fragile)"));
        parcels.pipe("p1", None::<String>)?;
        assert_eq!(places.read_value()?, None);
        assert_eq!(counts.read_all_values()?, [1, 0]);
        Ok(())
    }
}
