//! Which settings may be shown in logs and error texts.

/// Replaces a value that is not shown.
pub(crate) const HIDDEN: &str = "[hidden]";

/// Settings whose values are not secret. All others are shown without their values: passwords, keys and tokens, and misspelt
/// names that may be one of these.
const SHOWN: &[&str] = &[
    "acks",
    "batch.num.messages",
    "batch.size",
    "bootstrap.servers",
    "broker.address.family",
    "client.id",
    "client.rack",
    "compression.codec",
    "compression.level",
    "compression.type",
    "debug",
    "enable.ssl.certificate.verification",
    "fetch.error.backoff.ms",
    "fetch.max.bytes",
    "fetch.message.max.bytes",
    "fetch.min.bytes",
    "fetch.queue.backoff.ms",
    "fetch.wait.max.ms",
    "group.id",
    "group.instance.id",
    "group.protocol",
    "group.remote.assignor",
    "heartbeat.interval.ms",
    "isolation.level",
    "linger.ms",
    "log_level",
    "max.poll.interval.ms",
    "message.max.bytes",
    "message.send.max.retries",
    "message.timeout.ms",
    "metadata.max.age.ms",
    "queue.buffering.max.kbytes",
    "queue.buffering.max.messages",
    "queued.max.messages.kbytes",
    "queued.min.messages",
    "reconnect.backoff.max.ms",
    "reconnect.backoff.ms",
    "request.required.acks",
    "request.timeout.ms",
    "retries",
    "retry.backoff.ms",
    "sasl.kerberos.service.name",
    "sasl.mechanism",
    "sasl.mechanisms",
    "security.protocol",
    "session.timeout.ms",
    "socket.keepalive.enable",
    "socket.timeout.ms",
    "ssl.ca.location",
    "ssl.certificate.location",
    "ssl.endpoint.identification.algorithm",
    "ssl.key.location",
    "ssl.keystore.location",
    "topic.metadata.propagation.max.ms",
    "topic.metadata.refresh.interval.ms",
];

/// Whether the value of a setting may be shown.
pub(crate) fn is_shown(name: &str) -> bool {
    SHOWN.contains(&name)
}

/// A list of addresses without user names and passwords (the part before an `@`).
pub(crate) fn without_user(addresses: &str) -> String {
    let address = |address: &str| match address.rsplit_once('@') {
        Some((user, host)) => {
            let protocol = user.split_once("://").map_or(String::new(), |(protocol, _)| format!("{protocol}://"));
            format!("{protocol}{host}")
        }
        None => address.to_owned(),
    };
    addresses.split(',').map(address).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_removed_from_addresses() {
        assert_eq!(without_user("a:1,user:s3cret@b:2"), "a:1,b:2");
        assert_eq!(without_user("sasl_ssl://user:s3cret@b:2"), "sasl_ssl://b:2");
    }
}
