//! Lists object stores.

use super::hive::{self, Partitions};
use super::pattern::Wanted;
use super::{ObjectEntry, SIDE_BY_SIDE};
use crate::client::Client;
use crate::store::{Bucket, Place, path};
use futures_util::future::BoxFuture;
use futures_util::{StreamExt, TryStreamExt, stream};
use object_store::ObjectMeta;
use object_store::path::Path;
use parqlet_core::Result;
use std::sync::Arc;

/// The files under a prefix, or those that match a pattern, by name.
pub(super) async fn files(client: &Client, place: &Place, wanted: &Partitions) -> Result<Vec<ObjectEntry>> {
    let what = Wanted::parse(&place.key)?;
    let folder = path(&what.folder)?;
    let walk = Walk { client: client.clone(), bucket: client.bucket(place)?, wanted: wanted.clone() };
    let mut found = walk.below(folder).await?;
    found.retain(|object| what.holds(object.location.as_ref()) && !is_marker(object));
    found.sort_by(|left, right| left.location.cmp(&right.location));
    Ok(found.iter().map(|object| entry(place, object)).collect())
}

#[derive(Clone)]
struct Walk {
    client: Client,
    bucket: Arc<Bucket>,
    wanted: Partitions,
}

impl Walk {
    /// Everything below a folder. Without partitions to choose that is one list, page by page; with them it goes folder
    /// by folder, past those that aren't wanted, until the folders' names have decided.
    fn below(&self, folder: Path) -> BoxFuture<'static, Result<Vec<ObjectMeta>>> {
        let walk = self.clone();
        Box::pin(async move {
            let mut retries = walk.client.retries();
            if walk.wanted.are_decided_by(folder.as_ref()) {
                return walk.bucket.all_under(&folder, &mut retries).await;
            }
            let level = walk.bucket.level(&folder, &mut retries).await?;
            let may_be_in = |folder: &Path| folder.filename().is_none_or(|name| walk.wanted.may_be_in(name));
            let folders: Vec<Path> = level.common_prefixes.into_iter().filter(may_be_in).collect();
            let inside = stream::iter(folders.into_iter().map(|folder| walk.below(folder)));
            let mut found: Vec<ObjectMeta> = inside.buffer_unordered(SIDE_BY_SIDE).try_concat().await?;
            found.extend(level.objects);
            Ok(found)
        })
    }
}

/// Some tools make a folder by writing an empty object of its name.
fn is_marker(object: &ObjectMeta) -> bool {
    object.size == 0 && object.location.filename().is_none_or(|name| !name.contains('.'))
}

fn entry(place: &Place, object: &ObjectMeta) -> ObjectEntry {
    ObjectEntry {
        url: place.url(object.location.as_ref()),
        size: Some(object.size),
        last_modified: Some(object.last_modified.into()),
        etag: object.e_tag.clone(),
        partitions: hive::partitions(object.location.as_ref()),
    }
}
