//! Checks `bootstrap.servers`: an invalid address would be connected to for ever.

use millstream_log::LogError;

use crate::secrets::without_user;

const PROTOCOLS: [&str; 4] = ["plaintext", "ssl", "sasl_plaintext", "sasl_ssl"];

/// Checks a list of addresses, written as Kafka's clients take it: `host:port`, separated by commas. The default port is 9092, the default
/// host `localhost`. An address may begin with a protocol (`SSL://host:port`), which must be that of `security.protocol`.
///
/// # Errors
/// When there is no address, or one is invalid.
pub(super) fn check(servers: &str, protocol: &str) -> Result<(), LogError> {
    let servers = &without_user(servers);
    let mut addresses = servers.split(',').map(str::trim).filter(|address| !address.is_empty()).peekable();
    if addresses.peek().is_none() {
        return Err(invalid(servers, "it names no broker"));
    }
    addresses.try_for_each(|address| check_one(address, protocol).map_err(|why| invalid(servers, &why)))
}

fn check_one(address: &str, protocol: &str) -> Result<(), String> {
    let rest = match address.split_once("://") {
        Some((given, rest)) => {
            if !PROTOCOLS.iter().any(|known| known.eq_ignore_ascii_case(given)) {
                return Err(format!("`{given}` in `{address}` is not a protocol of Kafka"));
            }
            if !given.eq_ignore_ascii_case(protocol) {
                return Err(format!(
                    "`{address}` has another protocol than `security.protocol`, which is `{protocol}`"
                ));
            }
            rest
        }
        None => address,
    };
    // Several colons without brackets are an IPv6 address without a port.
    let port = match rest.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => port,
        _ => return Ok(()),
    };
    let is_port = port.parse::<u16>().is_ok_and(|port| port > 0);
    if is_port {
        Ok(())
    } else {
        Err(format!("`{port}` in `{address}` is no port: it must be a number from 1 to 65535"))
    }
}

fn invalid(servers: &str, why: &str) -> LogError {
    let reason = format!(
        "the Kafka setting `bootstrap.servers` cannot be `{servers}`: {why}; write addresses of brokers as `host:port`, \
         separated by commas"
    );
    LogError::Invalid { reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_accepted_as_kafkas_clients_do() {
        for servers in ["a:9092", "a", " a:1 , b:2 ,", ":9092", "[::1]:9092", "[::1]", "::1", "PLAINTEXT://a:9092"] {
            assert!(check(servers, "plaintext").is_ok(), "`{servers}`");
        }
        assert!(check("ssl://a:9093", "SSL").is_ok());
    }

    #[test]
    fn invalid_addresses_are_refused_with_the_name_of_the_setting() {
        let cases = [
            ("", "no broker"),
            (" , ,", "no broker"),
            ("a:port", "`port`"),
            ("a:", "no port"),
            ("a:0", "`0`"),
            ("a:99999", "`99999`"),
            ("good:9092,bad:x", "`bad:x`"),
            ("http://a:9092", "`http`"),
            ("ssl://a:9093", "`security.protocol`"),
            ("user:s3cret@a:x", "`a:x`"),
        ];
        for (servers, part) in cases {
            let error = check(servers, "plaintext").expect_err(servers).to_string();
            assert!(error.contains("`bootstrap.servers`") && error.contains(part), "{error}");
            assert!(!error.contains("s3cret"), "{error}");
        }
    }
}
