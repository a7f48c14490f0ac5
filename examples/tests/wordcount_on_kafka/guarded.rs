//! A broker with users and ACLs.

use std::fs;

use super::support::Broker;

/// The administrator may do everything, `wordcount` only what ACLs allow.
pub(crate) struct Guarded(pub(crate) Broker);

impl Guarded {
    const LOGIN: &str = "org.apache.kafka.common.security.plain.PlainLoginModule required";

    pub(crate) fn start() -> Self {
        let users = ["broker", "admin", "wordcount"].map(|user| format!("user_{user}=\"{user}-secret\"")).join(" ");
        let jaas = format!("{} username=\"broker\" password=\"broker-secret\" {users};", Self::LOGIN);
        Self(Broker::start_with(&[
            "listener.security.protocol.map=PLAINTEXT:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT",
            "inter.broker.listener.name=PLAINTEXT",
            "sasl.enabled.mechanisms=PLAIN",
            "sasl.mechanism.inter.broker.protocol=PLAIN",
            &format!("listener.name.plaintext.plain.sasl.jaas.config={jaas}"),
            "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users=User:broker;User:admin;User:ANONYMOUS",
        ]))
    }

    /// A settings file for the word count as this user.
    pub(crate) fn settings(&self, user: &str) -> String {
        let path = self.0.directory().join(format!("{user}.settings"));
        let settings = "security.protocol=sasl_plaintext\nsasl.mechanism=PLAIN\n";
        fs::write(&path, format!("{settings}sasl.username={user}\nsasl.password={user}-secret\n")).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// Does what a command `kafka-acls --bootstrap-server broker-1:9092 …` of the guide does.
    pub(crate) fn allow(&self, command: &str) {
        let credentials = format!(
            "security.protocol=SASL_PLAINTEXT\nsasl.mechanism=PLAIN\nsasl.jaas.config={} username=\"admin\" \
             password=\"admin-secret\";\n",
            Self::LOGIN
        );
        let file = self.0.directory().join("admin.properties");
        fs::write(&file, credentials).unwrap();
        let class = if self.0.is_major("3") { "kafka.admin.AclCommand" } else { "org.apache.kafka.tools.AclCommand" };
        let mut arguments = vec!["--bootstrap-server", self.0.bootstrap(), "--command-config", file.to_str().unwrap()];
        arguments.extend(command.split_once("broker-1:9092 ").unwrap().1.split_whitespace());
        self.0.run_tool(class, &arguments);
    }
}
