//! Kafka's schemas: JSON with comments.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::Result;
use super::versions::Versions;

/// A message.
pub(crate) struct Schema {
    pub(crate) name: String,
    pub(crate) api_key: Option<i16>,
    pub(crate) valid: Versions,
    pub(crate) flexible: Option<Versions>,
    pub(crate) fields: Vec<FieldSchema>,
    pub(crate) common: Vec<StructSchema>,
}

/// A structure that several fields may have.
pub(crate) struct StructSchema {
    pub(crate) name: String,
    pub(crate) fields: Vec<FieldSchema>,
}

/// A field.
pub(crate) struct FieldSchema {
    pub(crate) name: String,
    /// Such as `int32` or `[]TaskIds`.
    pub(crate) kind: String,
    pub(crate) versions: Versions,
    pub(crate) nullable: Option<Versions>,
    pub(crate) tag: Option<u32>,
    pub(crate) default: Option<String>,
    pub(crate) ignorable: bool,
    /// The fields of the structure that it is or has as elements, if that is defined here.
    pub(crate) fields: Vec<FieldSchema>,
}

impl Schema {
    pub(crate) fn read(folder: &Path, name: &str) -> Result<Self> {
        let path = folder.join(format!("{name}.json"));
        let text = fs::read_to_string(&path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        let lines: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        let json = serde_json::from_str(&lines.join("\n")).map_err(|error| format!("{}: {error}", path.display()))?;
        Self::parse(&json).map_err(|error| format!("{}: {error}", path.display()))
    }

    /// All requests of the folder that brokers accept in some version, by key.
    pub(crate) fn read_requests(folder: &Path) -> Result<Vec<Self>> {
        let entries = fs::read_dir(folder).map_err(|error| format!("cannot list {}: {error}", folder.display()))?;
        let mut requests = Vec::new();
        for entry in entries {
            let file = entry.map_err(|error| error.to_string())?.file_name();
            let Some(name) = file.to_str().and_then(|name| name.strip_suffix(".json")) else { continue };
            if name.ends_with("Request") && Self::has_versions(folder, name)? {
                requests.push(Self::read(folder, name)?);
            }
        }
        requests.sort_by_key(|request| request.api_key);
        Ok(requests)
    }

    /// Whether a schema is of a message that still exists.
    fn has_versions(folder: &Path, name: &str) -> Result<bool> {
        let text = fs::read_to_string(folder.join(format!("{name}.json"))).map_err(|error| error.to_string())?;
        Ok(!text.contains("\"validVersions\": \"none\""))
    }

    fn parse(json: &Value) -> Result<Self> {
        let common = json["commonStructs"].as_array().map_or(&[][..], Vec::as_slice);
        Ok(Self {
            name: text(json, "name")?,
            api_key: json["apiKey"].as_i64().map(|key| key as i16),
            valid: versions(json, "validVersions")?.ok_or("it has no valid versions")?,
            flexible: versions(json, "flexibleVersions")?,
            fields: fields(json)?,
            common: common.iter().map(StructSchema::parse).collect::<Result<_>>()?,
        })
    }
}

impl StructSchema {
    fn parse(json: &Value) -> Result<Self> {
        Ok(Self { name: text(json, "name")?, fields: fields(json)? })
    }
}

impl FieldSchema {
    fn parse(json: &Value) -> Result<Self> {
        let name = text(json, "name")?;
        let present = versions(json, "versions")?.ok_or("a field has no versions")?;
        let tagged = versions(json, "taggedVersions")?;
        if tagged.is_some_and(|tagged| tagged != present) || json.get("flexibleVersions").is_some() {
            return Err(format!("{name} changes its form with the version, which the generator does not know"));
        }
        let tag = json["tag"].as_u64().filter(|_| tagged.is_some()).map(|tag| tag as u32);
        let default = json.get("default").map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        Ok(Self {
            kind: text(json, "type")?,
            versions: present,
            nullable: versions(json, "nullableVersions")?,
            tag,
            default: default.filter(|default| !default.is_empty()),
            ignorable: json["ignorable"].as_bool().unwrap_or(false),
            fields: fields(json)?,
            name,
        })
    }
}

fn text(json: &Value, key: &str) -> Result<String> {
    json[key].as_str().map(str::to_owned).ok_or_else(|| format!("`{key}` is missing in {json}"))
}

fn versions(json: &Value, key: &str) -> Result<Option<Versions>> {
    json[key].as_str().map_or(Ok(None), Versions::parse)
}

fn fields(json: &Value) -> Result<Vec<FieldSchema>> {
    json["fields"].as_array().map_or(&[][..], Vec::as_slice).iter().map(FieldSchema::parse).collect()
}
