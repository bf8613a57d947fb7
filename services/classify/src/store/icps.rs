//! Descriptions of ideal customers. Every change makes a new version of the whole set.

use super::{Moment, Store, StoreError};
use crate::{
    compute::{icp::Profile, text::normalised},
    ports::Embedding,
};
use serde::Serialize;
use sqlx::{AnyConnection, Row, any::AnyRow};

/// A description that is kept.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct IcpRecord {
    /// Its number.
    pub id: i64,
    /// What it says.
    #[serde(flatten)]
    pub profile: Profile,
    /// How often it was changed, from 1.
    pub version: i64,
    /// When it was made.
    pub created_at: Moment,
    /// When it was changed.
    pub updated_at: Moment,
    /// Its direction, if one was made, and the digest of the text it is of.
    #[serde(skip)]
    pub embedding: Option<(Embedding, String)>,
}

/// All descriptions, and their version.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct IcpSet {
    /// Changes with every description.
    pub version: i64,
    /// All of them, by number.
    pub records: Vec<IcpRecord>,
}

const COLUMNS: &str = "id, profile, version, embedding, embedding_of, created_at, updated_at";

impl Store {
    /// Keeps a new description.
    ///
    /// # Errors
    /// [`StoreError::Taken`] if there is one of that name.
    pub async fn create_icp(&self, profile: &Profile) -> Result<IcpRecord, StoreError> {
        let failed = StoreError::doing("keep a description");
        let now = self.now_s();
        let mut change = self.pool.begin().await.map_err(&failed)?;
        let row = sqlx::query(&format!(
            "INSERT INTO icps (name, name_key, profile, version, created_at, updated_at)
             VALUES ($1, $2, $3, 1, $4, $4) ON CONFLICT (name_key) DO NOTHING RETURNING {COLUMNS}"
        ))
        .bind(&profile.name)
        .bind(normalised(&profile.name))
        .bind(written(profile)?)
        .bind(now)
        .fetch_optional(&mut *change)
        .await
        .map_err(&failed)?;
        let record = read(&row.ok_or_else(|| taken(profile))?)?;
        bump(&mut change).await?;
        change.commit().await.map_err(&failed)?;
        Ok(record)
    }

    /// All descriptions.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub async fn icp_set(&self) -> Result<IcpSet, StoreError> {
        let failed = StoreError::doing("read the descriptions");
        let mut look = self.pool.begin().await.map_err(&failed)?;
        let version = sqlx::query("SELECT value FROM counters WHERE name = 'icp_set_version'");
        let version = version.fetch_one(&mut *look).await.map_err(&failed)?;
        let all = format!("SELECT {COLUMNS} FROM icps ORDER BY id");
        let rows = sqlx::query(&all)
            .fetch_all(&mut *look)
            .await
            .map_err(&failed)?;
        look.commit().await.map_err(&failed)?;
        Ok(IcpSet {
            version: version.try_get("value").map_err(&failed)?,
            records: rows.iter().map(read).collect::<Result<_, _>>()?,
        })
    }

    /// One description.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn icp(&self, id: i64) -> Result<IcpRecord, StoreError> {
        let row = sqlx::query(&format!("SELECT {COLUMNS} FROM icps WHERE id = $1"))
            .bind(id)
            .fetch_optional(&self.pool)
            .await
            .map_err(StoreError::doing("read a description"))?;
        read(&row.ok_or_else(|| StoreError::missing("description", id))?)
    }

    /// Replaces what a description says.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], or [`StoreError::Taken`] if another one has that name.
    pub async fn update_icp(&self, id: i64, profile: &Profile) -> Result<IcpRecord, StoreError> {
        let failed = StoreError::doing("change a description");
        let mut change = self.pool.begin().await.map_err(&failed)?;
        let changed = sqlx::query(&format!(
            "UPDATE icps SET name = $1, name_key = $2, profile = $3, version = version + 1,
             updated_at = $4 WHERE id = $5 RETURNING {COLUMNS}"
        ))
        .bind(&profile.name)
        .bind(normalised(&profile.name))
        .bind(written(profile)?)
        .bind(self.now_s())
        .bind(id)
        .fetch_optional(&mut *change)
        .await;
        let row = changed.map_err(|error| match error.as_database_error() {
            Some(reason) if reason.is_unique_violation() => taken(profile),
            _ => failed(error),
        })?;
        let record = read(&row.ok_or_else(|| StoreError::missing("description", id))?)?;
        bump(&mut change).await?;
        change.commit().await.map_err(&failed)?;
        Ok(record)
    }

    /// Removes a description.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn delete_icp(&self, id: i64) -> Result<(), StoreError> {
        let failed = StoreError::doing("remove a description");
        let mut change = self.pool.begin().await.map_err(&failed)?;
        let removed = sqlx::query("DELETE FROM icps WHERE id = $1").bind(id);
        let removed = removed.execute(&mut *change).await.map_err(&failed)?;
        if removed.rows_affected() == 0 {
            return Err(StoreError::missing("description", id));
        }
        bump(&mut change).await?;
        change.commit().await.map_err(&failed)
    }

    /// Keeps the direction of a description, and of which text it is.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub async fn keep_embedding(
        &self,
        id: i64,
        embedding: &Embedding,
        of: &str,
    ) -> Result<(), StoreError> {
        let text = serde_json::to_string(embedding).map_err(StoreError::unreadable("direction"))?;
        let kept = sqlx::query("UPDATE icps SET embedding = $1, embedding_of = $2 WHERE id = $3")
            .bind(text)
            .bind(of)
            .bind(id)
            .execute(&self.pool)
            .await;
        kept.map(drop)
            .map_err(StoreError::doing("keep a direction"))
    }
}

fn written(profile: &Profile) -> Result<String, StoreError> {
    serde_json::to_string(profile).map_err(StoreError::unreadable("description"))
}

fn taken(profile: &Profile) -> StoreError {
    StoreError::Taken {
        what: "description",
        name: profile.name.clone(),
    }
}

async fn bump(change: &mut AnyConnection) -> Result<(), StoreError> {
    let bumped =
        sqlx::query("UPDATE counters SET value = value + 1 WHERE name = 'icp_set_version'");
    let bumped = bumped.execute(change).await;
    bumped
        .map(drop)
        .map_err(StoreError::doing("count a change"))
}

fn read(row: &AnyRow) -> Result<IcpRecord, StoreError> {
    let failed = StoreError::doing("read a description");
    let profile: String = row.try_get("profile").map_err(&failed)?;
    let embedding: Option<String> = row.try_get("embedding").map_err(&failed)?;
    let of: Option<String> = row.try_get("embedding_of").map_err(&failed)?;
    let embedding = embedding.zip(of).map(|(text, of)| {
        let embedding = serde_json::from_str(&text);
        embedding.map(|embedding| (embedding, of))
    });
    Ok(IcpRecord {
        id: row.try_get("id").map_err(&failed)?,
        profile: serde_json::from_str(&profile).map_err(StoreError::unreadable("description"))?,
        version: row.try_get("version").map_err(&failed)?,
        created_at: Moment(row.try_get("created_at").map_err(&failed)?),
        updated_at: Moment(row.try_get("updated_at").map_err(&failed)?),
        embedding: embedding
            .transpose()
            .map_err(StoreError::unreadable("direction"))?,
    })
}
