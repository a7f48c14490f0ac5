//! What must not be in logs and error texts.

/// Replaces a value that is not shown.
pub(crate) const HIDDEN: &str = "[hidden]";

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
