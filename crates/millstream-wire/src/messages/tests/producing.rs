//! Responses to a producer.

use super::*;

fn read(body: &[u8]) -> produce::ProduceResponse {
    let bytes = frame(body);
    begin(&mut &bytes[..]).and_then(produce::read).unwrap()
}

#[test]
fn produce_responses_are_read_according_to_the_schema() {
    let mut body = produced();
    let response = read(&body);
    let [events] = &response.partitions[..] else { panic!("{response:?}") };
    assert_eq!((events.partition.to_string(), events.error), ("t-5".to_owned(), 87));
    assert_eq!((events.base_offset.map(|at| at.number()), &events.at_fault[..]), (Some(9), &[1, 4][..]));
    assert_eq!(events.message.as_deref(), Some("m"), "that of a record where the batch has none");
    body.splice(48..49, *b"\x02w");
    assert_eq!(read(&body).partitions[0].message.as_deref(), Some("w"), "that of the batch before that of a record");
    body[10..18].fill(0xff);
    body[35..39].fill(0xff);
    assert_eq!((read(&body).partitions[0].base_offset, &read(&body).partitions[0].at_fault[..]), (None, &[4][..]));
}

/// Each frame has as many elements as fit into it.
#[test]
fn the_shortest_elements_are_read() {
    let (topics_and_name, end) = ([2, 2, b't'], [0; 6]);
    let partitions = [&[31][..], &[0; 33 * 30]].concat();
    assert_eq!(read(&[&topics_and_name[..], &partitions, &end].concat()).partitions.len(), 30);
    let at_fault = [&[2][..], &[0; 30], &[31], &[0; 6 * 30], &[0, 0]].concat();
    assert_eq!(read(&[&topics_and_name[..], &at_fault, &end].concat()).partitions[0].at_fault, [0; 30]);
}
