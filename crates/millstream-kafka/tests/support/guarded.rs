//! A cluster with users and permissions.
#![allow(unreachable_pub, reason = "it is a part of a test")]
#![allow(clippy::unwrap_used, reason = "tests with a real broker")]

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use millstream_log::{GroupConfig, GroupConsumer, Log, LogError, LogEvent, Signal};
use millstream_types::TopicPartition;

use crate::TestedLog;
use crate::requests::{create, now, until};
use crate::support::Broker;

/// A cluster with users: the administrator may do everything, the guest what [`Guarded::start`] allows.
pub struct Guarded {
    pub broker: Broker,
}

impl Guarded {
    /// The cluster that the tests of this file share. It ends when none of them uses it.
    pub fn shared() -> Arc<Self> {
        static SHARED: Mutex<Weak<Guarded>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        shared.upgrade().unwrap_or_else(|| {
            let guarded = Arc::new(Self::start());
            *shared = Arc::downgrade(&guarded);
            guarded
        })
    }

    fn start() -> Self {
        let users = ["broker", "admin", "guest"].map(|user| format!("user_{user}=\"{user}-secret\"")).join(" ");
        let login = "org.apache.kafka.common.security.plain.PlainLoginModule required";
        let jaas = format!("{login} username=\"broker\" password=\"broker-secret\" {users};");
        // The listener keeps its name, by which the script knows it, and gets another protocol.
        let broker = Broker::start_with(&[
            "listener.security.protocol.map=PLAINTEXT:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT",
            "inter.broker.listener.name=PLAINTEXT",
            "sasl.enabled.mechanisms=PLAIN",
            "sasl.mechanism.inter.broker.protocol=PLAIN",
            &format!("listener.name.plaintext.plain.sasl.jaas.config={jaas}"),
            "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users=User:broker;User:admin;User:ANONYMOUS",
        ]);
        let guarded = Self { broker };
        for topic in ["open", "read-only", "closed"] {
            create(&guarded.log("admin"), topic, 1);
        }
        guarded.allow(&["--topic", "open", "--operation", "All"]);
        guarded.allow(&["--topic", "read-only", "--operation", "Describe"]);
        guarded.allow(&["--group", "open", "--operation", "All"]);
        guarded.await_permissions();
        guarded
    }

    /// Waits until the broker knows the last permission, and with it those before: the controller has it earlier.
    fn await_permissions(&self) {
        let mut consumer = member(&self.log("guest"), "open");
        let mut is_requested = false;
        until("the guest may use the group", || {
            if !std::mem::replace(&mut is_requested, true) {
                consumer.fetch_committed(&[TopicPartition::new("open", 0)]);
            }
            let mut events = Vec::new();
            consumer.poll(now(), &mut |_| true, &mut events);
            events.into_iter().find_map(|event| match event {
                LogEvent::Committed(_) => Some(()),
                LogEvent::Fatal(LogError::Unauthorised { .. }) => {
                    is_requested = false;
                    None
                }
                _ => None,
            })
        });
    }

    fn allow(&self, what: &[&str]) {
        let login = "org.apache.kafka.common.security.plain.PlainLoginModule required";
        let credentials = format!(
            "security.protocol=SASL_PLAINTEXT\nsasl.mechanism=PLAIN\nsasl.jaas.config={login} username=\"admin\" \
             password=\"admin-secret\";\n"
        );
        let file = self.broker.directory().join("admin.properties");
        std::fs::write(&file, credentials).unwrap();
        let class =
            if self.broker.is_major("3") { "kafka.admin.AclCommand" } else { "org.apache.kafka.tools.AclCommand" };
        let mut arguments =
            vec!["--bootstrap-server", self.broker.bootstrap(), "--command-config", file.to_str().unwrap()];
        arguments.extend(["--add", "--allow-principal", "User:guest"]);
        arguments.extend(what);
        self.broker.run_tool(class, &arguments);
    }

    /// The log of this user.
    pub fn log(&self, user: &str) -> TestedLog {
        self.log_with(user, &format!("{user}-secret"))
    }

    /// The log of a user with this password.
    pub fn log_with(&self, user: &str, password: &str) -> TestedLog {
        let settings = [
            ("security.protocol", "sasl_plaintext"),
            ("sasl.mechanism", "PLAIN"),
            ("sasl.username", user),
            ("sasl.password", password),
        ];
        settings
            .iter()
            .fold(TestedLog::new(self.broker.bootstrap()), |log, (name, value)| log.with(name, value).unwrap())
    }
}

/// A member of this group.
pub fn member(log: &dyn Log, group: &str) -> Box<dyn GroupConsumer> {
    let config = GroupConfig::new(group, "member", Duration::from_secs(6));
    log.consumer(&config, &Signal::new()).unwrap()
}
