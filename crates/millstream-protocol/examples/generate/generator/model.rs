//! A message as Rust will have it: structures with the fields of the supported versions.

use super::Result;
use super::kind::{Kind, is_structure};
use super::names::{snake_case, structure_name};
use super::schema::{FieldSchema, Schema};
use super::versions::Versions;

/// How many structures may be inside each other.
const DEPTH_MAX: usize = 8;

/// A message and the structures in it.
pub(crate) struct Model {
    pub(crate) name: String,
    pub(crate) api_key: Option<i16>,
    pub(crate) versions: Versions,
    /// `i16::MAX` if no version is flexible.
    pub(crate) flexible_from: i16,
    /// The message itself comes first.
    pub(crate) structs: Vec<Struct>,
}

/// The message, or a structure in it.
pub(crate) struct Struct {
    pub(crate) name: String,
    pub(crate) versions: Versions,
    pub(crate) flexible_from: i16,
    pub(crate) fields: Vec<Field>,
}

/// A field.
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) schema_name: String,
    /// Its name in errors, as a Rust literal.
    pub(crate) path: String,
    pub(crate) kind: Kind,
    pub(crate) versions: Versions,
    pub(crate) nullable: Option<Versions>,
    pub(crate) tag: Option<u32>,
    pub(crate) default: Option<String>,
    pub(crate) ignorable: bool,
}

impl Model {
    pub(crate) fn new(schema: &Schema, versions: Versions) -> Result<Self> {
        if schema.valid.and(versions) != Some(versions) {
            return Err(format!("{} has no {}", schema.name, versions.text()));
        }
        let flexible_from = schema.flexible.map_or(i16::MAX, |flexible| flexible.oldest);
        let (name, api_key) = (schema.name.clone(), schema.api_key);
        let mut model = Self { name: name.clone(), api_key, versions, flexible_from, structs: Vec::new() };
        model.add(schema, name, &schema.fields, versions, 0)?;
        Ok(model)
    }

    /// The structure with this name in Rust.
    pub(crate) fn structure(&self, name: &str) -> Option<&Struct> {
        self.structs.iter().find(|structure| structure.name == name)
    }

    /// Adds a structure and those in it. One that is there already may get more versions.
    fn add(
        &mut self,
        schema: &Schema,
        name: String,
        fields: &[FieldSchema],
        versions: Versions,
        depth: usize,
    ) -> Result<()> {
        if depth > DEPTH_MAX {
            return Err(format!("{name} is too deep inside others, or inside itself"));
        }
        let known = self.structs.iter().position(|structure| structure.name == name);
        let versions = known.map_or(versions, |at| versions.hull(self.structs[at].versions));
        let fields: Vec<&FieldSchema> = fields.iter().filter(|field| field.versions.and(versions).is_some()).collect();
        let made = fields.iter().map(|field| self.field(&name, field, versions)).collect::<Result<_>>()?;
        let structure = Struct { name, versions, flexible_from: self.flexible_from, fields: made };
        match known {
            Some(at) => self.structs[at] = structure,
            None => self.structs.push(structure),
        }
        fields.iter().try_for_each(|field| self.add_structure_of(schema, field, versions, depth))
    }

    fn add_structure_of(&mut self, schema: &Schema, field: &FieldSchema, all: Versions, depth: usize) -> Result<()> {
        let own = field.kind.trim_start_matches("[]");
        let (true, Some(versions)) = (is_structure(own), field.versions.and(all)) else { return Ok(()) };
        let common = schema.common.iter().find(|common| common.name == own);
        let fields = common.map_or(&field.fields, |common| &common.fields);
        if fields.is_empty() {
            return Err(format!("{own} has no fields"));
        }
        self.add(schema, structure_name(&schema.name, own), fields, versions, depth + 1)
    }

    fn field(&self, structure: &str, schema: &FieldSchema, all: Versions) -> Result<Field> {
        let versions = schema.versions.and(all).ok_or("a field is in no version")?;
        let name = snake_case(&schema.name);
        Ok(Field {
            path: format!("\"{structure}.{}\"", name.trim_start_matches("r#")),
            name,
            schema_name: schema.name.clone(),
            kind: Kind::parse(&self.name, &schema.kind)?,
            versions,
            nullable: schema.nullable.and_then(|nullable| nullable.and(versions)),
            tag: schema.tag,
            default: schema.default.clone(),
            ignorable: schema.ignorable,
        })
    }

    /// How many bytes a value has at least, in any version of the structure it is in.
    pub(crate) fn bytes_min(&self, kind: &Kind, versions: Versions) -> usize {
        versions.iter().map(|version| self.bytes_in(kind, version)).min().unwrap_or(0)
    }

    fn bytes_in(&self, kind: &Kind, version: i16) -> usize {
        let is_flexible = version >= self.flexible_from;
        match kind {
            Kind::Fixed(_, _, bytes) => *bytes,
            Kind::String => {
                if is_flexible {
                    1
                } else {
                    2
                }
            }
            Kind::Bytes | Kind::Array(_) => {
                if is_flexible {
                    1
                } else {
                    4
                }
            }
            Kind::Struct(name) => {
                let fields = self.structure(name).map_or(&[][..], |structure| &structure.fields);
                let present = fields.iter().filter(|field| field.tag.is_none() && field.is_in(version));
                present.map(|field| self.field_bytes(field, version)).sum::<usize>() + usize::from(is_flexible)
            }
        }
    }

    fn field_bytes(&self, field: &Field, version: i16) -> usize {
        match field.kind {
            Kind::Struct(_) if field.nullable.is_some() => 1,
            _ => self.bytes_in(&field.kind, version),
        }
    }
}

impl Field {
    fn is_in(&self, version: i16) -> bool {
        (self.versions.oldest..=self.versions.newest).contains(&version)
    }
}
