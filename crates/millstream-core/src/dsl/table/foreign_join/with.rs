//! The right table of a foreign-key join, and how its rows are found.

use std::convert::Infallible;
use std::sync::Arc;

use millstream_types::{Data, Nullable};

use crate::chain::BoxError;
use crate::dsl::table::KTable;
use crate::options::Joined;

/// Finds the foreign key of a row.
pub(super) type ForeignKey<K, V, F> = Arc<dyn Fn(&K, &V) -> Result<Option<F>, BoxError> + Send + Sync>;

/// Chooses the partition of a key from the number of partitions.
pub(super) type ChoosePartition<K> = Arc<dyn Fn(&K, u32) -> u32 + Send + Sync>;

/// A table that another one is joined with by a foreign key; [`KTable::by`] makes it. `K` and `V` are the types of the table that
/// has foreign keys, `F` and `T` those of the table that they are keys of.
pub struct ForeignKeyed<K, V, F, T> {
    pub(super) table: KTable<F, T>,
    pub(super) foreign_key: ForeignKey<K, V, F>,
    pub(super) partitioner: Option<ChoosePartition<K>>,
    pub(super) other_partitioner: Option<ChoosePartition<F>>,
}

impl<F: Data, T> KTable<F, T> {
    /// This table as the other side of a [`join_foreign`](KTable::join_foreign): `foreign_key` returns the key of a row of this table, from the
    /// key and the value of a row of the joined one. Null is the key of no row.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let users = builder.table::<String, String>("users", "users");
    /// let orders = builder.table::<i64, String>("orders", "orders");
    /// let by_user = users.by(|_id: &i64, order: &String| order.split(':').next().map(str::to_owned));
    /// orders.join_foreign(by_user, |_id, order, user| format!("{user}: {order}")).to_stream().to("named-orders");
    /// ```
    pub fn by<K, V, O: Nullable<Present = F>>(
        &self,
        foreign_key: impl Fn(&K, &V) -> O + Send + Sync + 'static,
    ) -> ForeignKeyed<K, V, F, T> {
        self.try_by(move |key, value| Ok::<_, Infallible>(foreign_key(key, value)))
    }

    /// [`by`](Self::by) with a function that may fail.
    ///
    /// The processing handler gets an error with the record, the node that sends subscriptions and the error's sources, and decides
    /// whether the task stops. If it continues, the row has no foreign key until it changes again.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let users = builder.table::<i64, String>("users", "users");
    /// let orders = builder.table::<i64, String>("orders", "orders");
    /// let by_user = users.try_by(|_id: &i64, order: &String| order.parse::<i64>());
    /// orders.join_foreign(by_user, |_id, order, user| format!("{user}: {order}")).to_stream().to("named-orders");
    /// ```
    pub fn try_by<K, V, O: Nullable<Present = F>, E: Into<BoxError>>(
        &self,
        foreign_key: impl Fn(&K, &V) -> Result<O, E> + Send + Sync + 'static,
    ) -> ForeignKeyed<K, V, F, T> {
        let foreign_key: ForeignKey<K, V, F> =
            Arc::new(move |key, value| foreign_key(key, value).map(Nullable::into_present).map_err(Into::into));
        ForeignKeyed { table: self.clone(), foreign_key, partitioner: None, other_partitioner: None }
    }
}

impl<K, V, F, T> ForeignKeyed<K, V, F, T> {
    /// Sets the function that chooses the partition of a key of the table that has foreign keys, from the number of partitions,
    /// if that table is not partitioned by the bytes of its keys. Without it, a result goes to the partition that the row
    /// came from, which is right for any partitioning.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// # let users = builder.table::<String, String>("users", "users");
    /// let by_user = users.by(|_id: &i64, order: &String| order.clone());
    /// let by_user = by_user.partitioner(|id, partitions| (id % i64::from(partitions)) as u32);
    /// ```
    #[must_use]
    pub fn partitioner(self, choose: impl Fn(&K, u32) -> u32 + Send + Sync + 'static) -> Self {
        Self { partitioner: Some(Arc::new(choose)), ..self }
    }

    /// Sets the function that chooses the partition of a foreign key from the number of partitions. It is needed if the table
    /// that foreign keys are keys of is not partitioned by the bytes of its keys. It is not asked for rows without a foreign key.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// # let users = builder.table::<String, String>("users", "users");
    /// let by_user = users.by(|_id: &i64, order: &String| order.clone());
    /// let by_user = by_user.other_partitioner(|user, partitions| user.len() as u32 % partitions);
    /// ```
    #[must_use]
    pub fn other_partitioner(self, choose: impl Fn(&F, u32) -> u32 + Send + Sync + 'static) -> Self {
        Self { other_partitioner: Some(Arc::new(choose)), ..self }
    }
}

impl<K, V, F, T> Clone for ForeignKeyed<K, V, F, T> {
    fn clone(&self) -> Self {
        Self {
            table: self.table.clone(),
            foreign_key: Arc::clone(&self.foreign_key),
            partitioner: self.partitioner.clone(),
            other_partitioner: self.other_partitioner.clone(),
        }
    }
}

impl<K, V, F, T> From<ForeignKeyed<K, V, F, T>> for Joined<ForeignKeyed<K, V, F, T>> {
    fn from(with: ForeignKeyed<K, V, F, T>) -> Self {
        Self::with(&with)
    }
}
