//! Task tokens and what is answered to them, from whatever process.

use rusqlite::{OptionalExtension, params};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Store;
use crate::pipeline::error::{Error, Result};
use crate::time::Timestamp;

/// What was answered to a token.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Answer {
    Success(Value),
    Failure { error: String, cause: String },
}

impl Store {
    /// Let a token be answered; one that was made before a crash keeps its answer.
    pub(crate) fn open_token(&self, token: &str, execution: &str, state: &str, now: Timestamp) -> Result<()> {
        let insert =
            "INSERT INTO token (token, execution, state, created) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING";
        self.lock().execute(insert, params![token, execution, state, now.0]).map_err(self.failed())?;
        Ok(())
    }

    /// Nobody waits for the token any more.
    pub(crate) fn close_token(&self, token: &str) -> Result<()> {
        self.lock().execute("DELETE FROM token WHERE token = ?1", [token]).map_err(self.failed())?;
        Ok(())
    }

    /// Heartbeats so far, and the answer.
    pub(crate) fn token(&self, token: &str) -> Result<Option<(u64, Option<Answer>)>> {
        let query = "SELECT beats, answer FROM token WHERE token = ?1";
        let row = |row: &rusqlite::Row<'_>| Ok((row.get::<_, u64>(0)?, row.get::<_, Option<String>>(1)?));
        let found = self.lock().query_row(query, [token], row).optional().map_err(self.failed())?;
        Ok(found.map(|(beats, answer)| (beats, answer.and_then(|text| serde_json::from_str(&text).ok()))))
    }

    /// Tokens that wait for an answer, with the state that does.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub fn open_tokens(&self, execution: &str) -> Result<Vec<(String, String)>> {
        let query = "SELECT token, state FROM token WHERE execution = ?1 AND answer IS NULL ORDER BY created";
        let connection = self.lock();
        let mut statement = connection.prepare_cached(query).map_err(self.failed())?;
        let rows = statement.query_map([execution], |row| Ok((row.get(0)?, row.get(1)?))).map_err(self.failed())?;
        rows.collect::<rusqlite::Result<_>>().map_err(self.failed())
    }

    /// Answer a token with an output.
    ///
    /// # Errors
    /// [`Error::UnknownToken`].
    pub fn succeed(&self, token: &str, output: Value) -> Result<()> {
        self.answer(token, &Answer::Success(output))
    }

    /// Answer a token with a failure.
    ///
    /// # Errors
    /// [`Error::UnknownToken`].
    pub fn fail(&self, token: &str, error: &str, cause: &str) -> Result<()> {
        self.answer(token, &Answer::Failure { error: error.to_owned(), cause: cause.to_owned() })
    }

    /// Say that the work for a token goes on.
    ///
    /// # Errors
    /// [`Error::UnknownToken`].
    pub fn heartbeat(&self, token: &str) -> Result<()> {
        self.update_token("UPDATE token SET beats = beats + 1 WHERE token = ?1 AND ?2 IS NULL", token, None)
    }

    fn answer(&self, token: &str, answer: &Answer) -> Result<()> {
        let text = serde_json::to_string(answer).unwrap_or_default();
        self.update_token("UPDATE token SET answer = ?2 WHERE token = ?1 AND answer IS NULL", token, Some(text))
    }

    fn update_token(&self, update: &str, token: &str, value: Option<String>) -> Result<()> {
        let changed = self.lock().execute(update, params![token, value]).map_err(self.failed())?;
        if changed == 0 {
            return Err(Error::UnknownToken { token: token.to_owned() });
        }
        self.changed.notify_waiters();
        Ok(())
    }
}
