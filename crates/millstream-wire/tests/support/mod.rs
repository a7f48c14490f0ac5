//! A real broker with a listener of every kind, started by `scripts/kafka-broker`.
#![allow(clippy::disallowed_methods, reason = "it waits for a process")]

#[path = "../../src/testing/certificates.rs"]
pub mod certificates;

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use self::certificates::Authority;

/// The listeners, in the order of their ports from the first one on. The second port is that of the controller.
const LISTENERS: [(&str, &str, u16); 5] = [
    ("PLAINTEXT", "PLAINTEXT", 0),
    ("SSL", "SSL", 2),
    ("SASL_SSL", "SASL_SSL", 3),
    ("SASL_PLAINTEXT", "SASL_PLAINTEXT", 4),
    // Requires client certificates.
    ("MUTUAL", "SSL", 5),
];

/// A topic with 24 partitions.
pub const TOPIC: &str = "numbers";

/// A user of all mechanisms, and the password.
pub const USER: (&str, &str) = ("counts", "s3cret=of+course");

/// A broker. Dropped, it is killed and its data removed.
pub struct Broker {
    pub authority: Authority,
    port: u16,
    pid: String,
    classpath: String,
    data: tempfile::TempDir,
}

impl Broker {
    /// The broker that the tests share. It ends when none of them uses it.
    pub fn shared() -> Arc<Self> {
        static SHARED: Mutex<Weak<Broker>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        shared.upgrade().unwrap_or_else(|| {
            let broker = Arc::new(Self::start());
            *shared = Arc::downgrade(&broker);
            broker
        })
    }

    fn start() -> Self {
        let (authority, data, port) = (Authority::new("ours"), tempfile::tempdir().unwrap(), free_ports());
        let mut start = Command::new(script());
        start.args(["start", "--owner", &std::process::id().to_string(), "--port", &port.to_string()]);
        start.arg("--dir").arg(data.path().join("broker"));
        for setting in settings(&authority, data.path(), port) {
            start.args(["--set", &setting]);
        }
        let output = start.output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "no broker: {said}{}", String::from_utf8_lossy(&output.stderr));
        let get = |name: &str| said.lines().find_map(|line| line.strip_prefix(name)).unwrap().to_owned();
        let (pid, classpath) = (get("pid="), get("classpath="));
        let broker = Self { authority, port, pid, classpath, data };
        broker.add_scram_user();
        broker.create_topic();
        broker
    }

    /// The address of a listener.
    pub fn bootstrap(&self, listener: &str) -> String {
        let (.., nth) = LISTENERS.iter().find(|(name, ..)| *name == listener).unwrap();
        format!("127.0.0.1:{}", self.port + nth)
    }

    fn create_topic(&self) {
        let arguments = ["--create", "--topic", TOPIC, "--partitions", "24"];
        self.run("org.apache.kafka.tools.TopicCommand", &arguments);
    }

    fn add_scram_user(&self) {
        let (user, password) = USER;
        // A request may not have a user twice.
        for mechanism in ["SCRAM-SHA-256", "SCRAM-SHA-512"] {
            let config = format!("{mechanism}=[iterations=4096,password={password}]");
            let arguments = ["--alter", "--add-config", &config, "--entity-type", "users", "--entity-name", user];
            self.run("org.apache.kafka.tools.ConfigCommand", &arguments);
        }
    }

    fn run(&self, class: &str, arguments: &[&str]) {
        let at = ["-cp", &self.classpath, class, "--bootstrap-server", &self.bootstrap("PLAINTEXT")];
        let output = Command::new("java").args(at).args(arguments).output().unwrap();
        let (said, complained) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{class} {arguments:?}: {said}{complained}");
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        let _killed = Command::new("kill").args(["-KILL", &self.pid]).status();
    }
}

fn settings(authority: &Authority, data: &Path, port: u16) -> Vec<String> {
    let issued = authority.server(&["127.0.0.1"]);
    let (store, trusted) = (data.join("broker.pem"), data.join("ca.pem"));
    fs::write(&store, format!("{}{}", issued.key, issued.certificate)).unwrap();
    fs::write(&trusted, authority.pem()).unwrap();
    let addresses: Vec<String> =
        LISTENERS.iter().map(|(name, _, nth)| format!("{name}://127.0.0.1:{}", port + nth)).collect();
    let protocols: Vec<String> = LISTENERS.iter().map(|(name, protocol, _)| format!("{name}:{protocol}")).collect();
    let (user, password) = USER;
    let module = |listener: &str, mechanism: &str, module: &str| {
        let name = format!("listener.name.{listener}.{mechanism}.sasl.jaas.config");
        format!("{name}=org.apache.kafka.common.security.{module} required")
    };
    vec![
        format!("listeners={},CONTROLLER://127.0.0.1:{}", addresses.join(","), port + 1),
        format!("advertised.listeners={}", addresses.join(",")),
        format!("listener.security.protocol.map={},CONTROLLER:PLAINTEXT", protocols.join(",")),
        "inter.broker.listener.name=PLAINTEXT".to_owned(),
        "listener.name.mutual.ssl.client.auth=required".to_owned(),
        "ssl.keystore.type=PEM".to_owned(),
        format!("ssl.keystore.location={}", store.display()),
        "ssl.truststore.type=PEM".to_owned(),
        format!("ssl.truststore.location={}", trusted.display()),
        "sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER".to_owned(),
        format!("{} user_{user}=\"{password}\";", module("sasl_plaintext", "plain", "plain.PlainLoginModule")),
        format!("{};", module("sasl_ssl", "scram-sha-256", "scram.ScramLoginModule")),
        format!("{};", module("sasl_ssl", "scram-sha-512", "scram.ScramLoginModule")),
        format!("{};", module("sasl_ssl", "oauthbearer", "oauthbearer.OAuthBearerLoginModule")),
        "listener.name.sasl_ssl.sasl.enabled.mechanisms=SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER".to_owned(),
        "listener.name.sasl_plaintext.sasl.enabled.mechanisms=PLAIN".to_owned(),
        // Short enough for a test to see several sessions.
        "listener.name.sasl_plaintext.plain.connections.max.reauth.ms=1500".to_owned(),
    ]
}

/// The first of six neighbouring ports below those that the system hands to clients.
fn free_ports() -> u16 {
    let begin = 20_000 + (std::process::id() % 1_000) as u16 * 10;
    let is_free = |first: &u16| (*first..first + 6).all(|port| TcpListener::bind(("127.0.0.1", port)).is_ok());
    (begin..32_000).step_by(10).find(is_free).unwrap()
}

fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().join("scripts/kafka-broker")
}
