//! Hive partitions: folders named `key=value`.

use percent_encoding::percent_decode_str;

/// What stands for null in a folder's name.
const NULL: &str = "__HIVE_DEFAULT_PARTITION__";

/// The partitions that are wanted: for each key one of some values.
#[derive(Debug, Clone, Default)]
pub(super) struct Partitions(Vec<(String, Vec<String>)>);

impl Partitions {
    pub(super) fn want(&mut self, key: String, value: String) {
        match self.0.iter_mut().find(|(known, _)| *known == key) {
            Some((_, values)) => values.push(value),
            None => self.0.push((key, vec![value])),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a file in these partitions is wanted.
    pub(super) fn hold(&self, partitions: &[(String, Option<String>)]) -> bool {
        self.0.iter().all(|(key, values)| {
            let value = partitions.iter().find(|(name, _)| name == key).map(|(_, value)| value);
            value.is_some_and(|value| values.iter().any(|wanted| is_same(wanted, value.as_deref())))
        })
    }

    /// Whether a folder of this name may hold something wanted.
    pub(super) fn may_be_in(&self, folder: &str) -> bool {
        let Some((name, value)) = pair(folder) else { return true };
        let wanted = self.0.iter().find(|(key, _)| *key == name);
        wanted.is_none_or(|(_, values)| values.iter().any(|wanted| is_same(wanted, value.as_deref())))
    }

    /// Whether every key is decided by the names of these folders.
    pub(super) fn are_decided_by(&self, path: &str) -> bool {
        self.0.iter().all(|(key, _)| path.split('/').filter_map(pair).any(|(name, _)| name == *key))
    }

    /// The sentence for a choice that holds nothing; `keys` are those that files do have.
    pub(super) fn missed(&self, keys: &[String]) -> String {
        if self.is_empty() {
            return "no file was named".to_owned();
        }
        let wanted: Vec<String> =
            self.0.iter().flat_map(|(key, values)| values.iter().map(move |value| format!("{key}={value}"))).collect();
        let known =
            if keys.is_empty() { String::new() } else { format!("; the partitions there are {}", keys.join(", ")) };
        format!("no file is in the partition {}{known}", wanted.join(" "))
    }
}

/// The partitions that a file is in, by its path.
pub(super) fn partitions(path: &str) -> Vec<(String, Option<String>)> {
    let folders = path.rsplit_once('/').map_or("", |(folders, _)| folders);
    folders.split('/').filter_map(pair).collect()
}

/// Key and value of a folder's name. Writers escape what a file system may not take.
fn pair(folder: &str) -> Option<(String, Option<String>)> {
    let (key, value) = folder.split_once('=')?;
    let plain = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    (!key.is_empty()).then(|| (plain(key), (value != NULL).then(|| plain(value))))
}

fn is_same(wanted: &str, value: Option<&str>) -> bool {
    let Some(value) = value else { return wanted == NULL };
    wanted == value || matches!((wanted.parse::<i64>(), value.parse::<i64>()), (Ok(left), Ok(right)) if left == right)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(pairs: &[(&str, &str)]) -> Partitions {
        let mut partitions = Partitions::default();
        for (key, value) in pairs {
            partitions.want((*key).to_owned(), (*value).to_owned());
        }
        partitions
    }

    #[test]
    fn partitions_are_the_folders_that_say_key_and_value() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            partitions("s3://b/t/year=2024/city=New%20York/day=__HIVE_DEFAULT_PARTITION__/x=1.parquet"),
            [("year".to_owned(), some("2024")), ("city".to_owned(), some("New York")), ("day".to_owned(), None)]
        );
        assert_eq!(partitions("x=1.parquet"), []);
        assert_eq!(partitions("=2/a=/f"), [("a".to_owned(), some(""))]);
    }

    #[test]
    fn values_of_a_key_widen_and_keys_narrow() {
        let choice = wanted(&[("year", "2024"), ("year", "2023"), ("month", "1")]);
        let holds = |path: &str| choice.hold(&partitions(path));
        assert!(holds("year=2024/month=01/f") && holds("month=1/year=2023/f"));
        assert!(!holds("year=2024/month=2/f") && !holds("year=2022/month=1/f") && !holds("year=2024/f"));
        assert!(choice.may_be_in("day=3") && choice.may_be_in("year=2024") && !choice.may_be_in("year=1999"));
        assert!(choice.are_decided_by("t/year=1/month=2") && !choice.are_decided_by("t/year=1"));
        assert!(wanted(&[("k", NULL)]).hold(&partitions("k=__HIVE_DEFAULT_PARTITION__/f")));
    }
}
