//! Reads each value of a new shape back before its bytes are returned.

use std::any::type_name;

use super::format::Format;
use super::refusal::Refusal;
use super::shape::Shape;
use crate::SerdeError;

/// Appends the bytes of `value`, written by `write`, to `out`, if `read` returns the same value.
///
/// Values are compared by their bytes, which are written once more. Maps and sets may have another order.
pub(in crate::serde) fn encode<T: 'static>(
    format: Format,
    value: &T,
    out: &mut Vec<u8>,
    write: impl Fn(&T, &mut Vec<u8>, &Refusal) -> Result<(), SerdeError>,
    read: impl Fn(&[u8]) -> Result<T, SerdeError>,
) -> Result<(), SerdeError> {
    let start = out.len();
    let refusal = Refusal::noting(Shape::of::<T>(format));
    write(value, out, &refusal)?;
    if let Some(shape) = refusal.shape.filter(Shape::is_new) {
        check(&out[start..], write, read)?;
        shape.keep();
    }
    Ok(())
}

#[cold]
fn check<T>(
    written: &[u8],
    write: impl Fn(&T, &mut Vec<u8>, &Refusal) -> Result<(), SerdeError>,
    read: impl Fn(&[u8]) -> Result<T, SerdeError>,
) -> Result<(), SerdeError> {
    let again = read(written).map_err(|error| {
        let refused = SerdeError::unwritable(type_name::<T>(), format_args!("it would not be read back: {error}"));
        refused.with_details(error.details().unwrap_or_default())
    })?;
    let mut bytes = Vec::with_capacity(written.len());
    let same = write(&again, &mut bytes, &Refusal::default()).is_ok() && histogram(&bytes) == histogram(written);
    if same {
        return Ok(());
    }
    let reason = "it would be read back as another value: its serde implementation writes members that it does not read, or reads \
                  one variant where another was written";
    Err(SerdeError::unwritable(type_name::<T>(), reason))
}

/// How often each byte occurs: the same for maps and sets in any order.
fn histogram(bytes: &[u8]) -> [usize; 256] {
    let mut counts = [0; 256];
    bytes.iter().for_each(|byte| counts[usize::from(*byte)] += 1);
    counts
}
