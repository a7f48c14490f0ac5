//! Compares topologies with the results of Kafka Streams 4.3.1: see `tests/oracle/README.md`.
//!
//! Each scenario is a module of three tests: the topology as it is built, and its results for the scenario's inputs, with
//! stores in memory and with stores over a byte engine with a very small cache.
#![allow(clippy::unwrap_used)]

mod check;
mod scenario;
mod topologies;

/// Makes the tests of each scenario: `name` is the data file's, with underscores, and the topology's function.
macro_rules! scenarios {
    ($($family:ident: $($name:ident),+;)+) => {
        $($(mod $name {
            use millstream::test::StoreBacking;

            use crate::{check, scenario, topologies};

            #[test]
            fn is_built_as_in_kafka_streams() {
                let scenario = scenario::load(stringify!($name));
                check::topology(&scenario, &topologies::$family::$name().unwrap());
            }

            #[test]
            fn answers_as_kafka_streams() {
                let scenario = scenario::load(stringify!($name));
                check::results(&scenario, &topologies::$family::$name().unwrap(), StoreBacking::InMemory);
            }

            #[test]
            fn has_the_same_results_over_a_byte_engine() {
                let scenario = scenario::load(stringify!($name));
                let backing = StoreBacking::Engine { cache_bytes_max: 200 };
                check::results(&scenario, &topologies::$family::$name().unwrap(), backing);
            }
        })+)+

        /// Every data file has its test.
        #[test]
        fn no_scenario_is_left_out() {
            let mut tested: Vec<String> = vec![$($(stringify!($name).replace('_', "-")),+),+];
            tested.sort();
            assert_eq!(tested, scenario::names());
        }
    };
}

scenarios! {
    stateless: filter_map, null_passthrough, flat_map, select_merge, split_default, split_generated, dynamic_topic,
        bad_bytes_continue, bad_bytes_fail, processing_continue, dead_letter, pattern_source;
    repartition: repartition_n, merge_repartition, merge_repartition_opt;
    aggregate: word_count, count_nocache, count_cache, reduce_nocache, reduce_cache, reduce_null, aggregate_nocache,
        aggregate_cache, aggregate_null, extractor_default;
    window: tumbling_count, tumbling_reduce_nograce, tumbling_aggregate_cache, tumbling_memory, tumbling_retention,
        tumbling_groupby, hopping_count, hopping_reduce, hopping_aggregate_cache, unlimited_count, extractor;
    sliding: sliding_count, sliding_reduce_nograce, sliding_aggregate_cache;
    emit_final: emit_final_tumbling, emit_final_tumbling_always, emit_final_hopping, emit_final_sliding,
        emit_final_session;
    cogroup: cogroup_basic, cogroup_tumbling, cogroup_sliding, cogroup_session;
    session: session_count, session_reduce_nograce, session_aggregate, session_aggregate_cache, session_memory;
    table: to_table, ktable_basic, ktable_materialized, ktable_materialized_cache, ktable_filternot_key;
    join: join_st_inner, join_st_left, join_st_rekey;
    table_join: join_tt_inner, join_tt_inner_store, join_tt_left, join_tt_left_cache, join_tt_outer, join_tt_outer_plain,
        join_tt_chain, join_tt_self, source_changelog, source_changelog_opt;
    table_group: ktable_out_of_order, ktable_groupby_aggregate, ktable_groupby_aggregate_cache, ktable_aggregate_null,
        ktable_groupby_order, ktable_groupby_count, ktable_groupby_reduce;
    table_process: transform_values_table;
    table_foreign: join_fk_inner, join_fk_inner_plain, join_fk_left, join_fk_left_cache;
    join_stream: join_ss_inner, join_ss_inner_asym, join_ss_inner_before_only, join_ss_left, join_ss_left_always,
        join_ss_left_asym, join_ss_outer, join_ss_outer_always, join_ss_outer_asym, join_ss_memory, join_ss_rekey,
        join_ss_self, join_ss_self_opt;
    global: join_global_inner, join_global_left, global_store;
    processor: punctuate_stream, punctuate_wall, punctuate_anchored, process_values, forward_named, headers, timestamps;
    store: store_kv_rocks, store_kv_rocks_cache, store_kv_memory, store_kv_lru, store_window_rocks, store_window_memory,
        store_window_dup, store_session_rocks, store_session_memory, papi_shared_store;
    versioned: versioned_store, versioned_table, versioned_toggle, join_st_versioned, join_st_grace, join_st_grace_left,
        join_st_grace_left_nullkey, join_tt_versioned_inner, join_tt_versioned_left, join_tt_versioned_outer, join_fk_versioned;
    suppress: suppress_groupby, suppress_close_tumbling, suppress_close_hopping_cache, suppress_close_session, suppress_close_sliding, suppress_close_shutdown, suppress_time,
        suppress_time_zero, suppress_time_maxrecords, suppress_time_maxbytes, suppress_time_windowed,
        headers_stateful;
    pipeline: multi_subtopology;
    names: names_explicit, names_generated, names_generated_opt;
    headers: papi_headers_store, store_format_default, store_format_headers;
}
