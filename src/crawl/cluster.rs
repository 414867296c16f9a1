//! Clusters: which of several sets of files are alike enough to be one table.

use std::collections::HashMap;
use std::sync::Arc;

use super::evidence::{Schema, name_similarity, similarity};
use super::partition::Level;
use super::rules::Rules;

/// Alike means more than this.
pub(super) const ALIKE: f64 = 0.7;
/// More clusters than this are no table with outliers but a collection.
pub(super) const MOST_CLUSTERS: usize = 5;

/// Files that are one thing so far, with the levels of folders above them.
#[derive(Debug, Clone)]
pub(super) struct Group {
    pub(super) levels: Vec<Level>,
    pub(super) files: Vec<usize>,
    pub(super) schema: Arc<Schema>,
}

impl Group {
    /// The same files seen from a folder further up.
    pub(super) fn below(mut self, level: Level) -> Self {
        self.levels.insert(0, level);
        self
    }
}

/// Groups that are alike.
#[derive(Debug, Clone)]
pub(super) struct Cluster {
    /// Places of the members in the list that was clustered.
    pub(super) members: Vec<usize>,
    pub(super) levels: Vec<Level>,
    pub(super) schema: Arc<Schema>,
}

/// How alike groups of one cluster must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Likeness {
    /// Compatible, and similar above the threshold.
    Similar,
    /// Compatible, and similar above the threshold in the names of columns, whatever the types.
    Named,
    /// Compatible: same format and path structure.
    Compatible,
}

/// Clusters groups; the largest cluster first, and of equal ones the one that begins earlier.
///
/// Frequent schemas are placed first, so that the outcome does not hang on the order of names.
pub(super) fn cluster(groups: &[Group], likeness: Likeness, rules: &dyn Rules) -> Vec<Cluster> {
    let mut kinds: Vec<(Vec<usize>, &Group)> = Vec::new();
    let mut places: HashMap<(&Schema, &[Level]), usize> = HashMap::new();
    for (place, group) in groups.iter().enumerate() {
        let kind = *places.entry((group.schema.as_ref(), group.levels.as_slice())).or_insert_with(|| {
            kinds.push((Vec::new(), group));
            kinds.len() - 1
        });
        if let Some((members, _)) = kinds.get_mut(kind) {
            members.push(place);
        }
    }
    kinds.sort_by_key(|(members, _)| std::cmp::Reverse(members.len()));
    let mut clusters: Vec<Cluster> = Vec::new();
    for (members, group) in kinds {
        let fits = |cluster: &&mut Cluster| {
            cluster.levels == group.levels
                && rules.is_compatible(&cluster.schema, &group.schema)
                && is_alike(&cluster.schema, &group.schema, likeness)
        };
        match clusters.iter_mut().find(fits) {
            Some(cluster) => {
                cluster.members.extend(members);
                if cluster.schema != group.schema {
                    Arc::make_mut(&mut cluster.schema).merge(&group.schema);
                }
            }
            None => clusters.push(Cluster { members, levels: group.levels.clone(), schema: Arc::clone(&group.schema) }),
        }
    }
    for cluster in &mut clusters {
        cluster.members.sort_unstable();
        reorder(cluster, groups);
    }
    clusters.sort_by_key(|cluster| std::cmp::Reverse(cluster.members.len()));
    clusters
}

fn is_alike(a: &Schema, b: &Schema, likeness: Likeness) -> bool {
    // Columns that are only counted have no names to be alike in.
    let has_names = |schema: &Schema| schema.csv.is_none_or(|csv| csv.has_header);
    match likeness {
        Likeness::Compatible => true,
        Likeness::Named if has_names(a) && has_names(b) => name_similarity(a, b) > ALIKE,
        Likeness::Named | Likeness::Similar => similarity(a, b) > ALIKE,
    }
}

/// Columns in the order of the first member, then of the second, and so on, whatever was merged first.
fn reorder(cluster: &mut Cluster, groups: &[Group]) {
    let mut order: HashMap<&str, usize> = HashMap::new();
    let mut last: Option<&Arc<Schema>> = None;
    for group in cluster.members.iter().filter_map(|member| groups.get(*member)) {
        if last.is_some_and(|last| Arc::ptr_eq(last, &group.schema)) || order.len() == cluster.schema.columns.len() {
            continue;
        }
        last = Some(&group.schema);
        for (name, _) in &group.schema.columns {
            let next = order.len();
            order.entry(name).or_insert(next);
        }
    }
    let place = |name: &str| order.get(name).copied().unwrap_or(usize::MAX);
    if !cluster.schema.columns.is_sorted_by_key(|(name, _)| place(name)) {
        Arc::make_mut(&mut cluster.schema).columns.sort_by_key(|(name, _)| place(name));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::HiveType;
    use crate::crawl::evidence::{Compression, Format, Framing};
    use crate::crawl::rules::{Careful, StrictGlue};
    use crate::crawl::shape::Shape;

    fn group(columns: &str) -> Group {
        let shape = Shape::from(&HiveType::Int);
        let schema = Schema {
            format: Format::Json,
            compression: Compression::None,
            columns: columns.chars().map(|name| (name.to_string(), shape.clone())).collect(),
            framing: Some(Framing::Lines),
            csv: None,
        };
        Group { levels: Vec::new(), files: Vec::new(), schema: Arc::new(schema) }
    }

    fn members(groups: &[Group], likeness: Likeness) -> Vec<Vec<usize>> {
        cluster(groups, likeness, &Careful).into_iter().map(|cluster| cluster.members).collect()
    }

    #[test]
    fn above_the_threshold_is_alike_and_at_it_is_not() {
        assert_eq!(members(&[group("abcd"), group("abc")], Likeness::Similar), [[0, 1]]);
        let ten_and_seven = [group("abcdefghij"), group("abcdefg")];
        assert_eq!(members(&ten_and_seven, Likeness::Similar), [[0], [1]]);
        assert_eq!(members(&ten_and_seven, Likeness::Compatible), [[0, 1]]);
    }

    #[test]
    fn the_largest_cluster_comes_first_with_columns_in_order_of_appearance() {
        let clusters = cluster(&[group("xy"), group("abc"), group("abcd"), group("abcd")], Likeness::Similar, &Careful);
        assert_eq!(clusters[0].members, [1, 2, 3]);
        let names: String = clusters[0].schema.columns.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, "abcd");
    }

    #[test]
    fn mixed_compression_is_one_table_for_us_and_two_for_glue() {
        let mut packed = group("ab");
        Arc::make_mut(&mut packed.schema).compression = Compression::Gzip;
        let groups = [group("ab"), packed];
        assert_eq!(cluster(&groups, Likeness::Similar, &Careful).len(), 1);
        assert_eq!(cluster(&groups, Likeness::Similar, &StrictGlue).len(), 2);
    }
}
