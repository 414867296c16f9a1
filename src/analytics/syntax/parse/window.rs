//! Windows: the WINDOW clause, OVER, frames.

use super::cursor::Parser;
use crate::analytics::error::Result;
use crate::analytics::syntax::ast::{Frame, FrameBound, FrameUnit, Name, Over, WindowSpec};

impl Parser<'_> {
    /// `name AS (spec)`
    pub(super) fn named_window(&mut self) -> Result<(Name, WindowSpec)> {
        let name = self.name("the window's name")?;
        self.require("AS")?;
        Ok((name, self.window_spec()?))
    }

    /// `OVER name`, `OVER (spec)`
    pub(super) fn over(&mut self) -> Result<Over> {
        self.require("OVER")?;
        if self.at_symbol("(") {
            return Ok(Over::Spec(Box::new(self.window_spec()?)));
        }
        Ok(Over::Named(self.name("the name of a window, or `(`")?))
    }

    /// `( [PARTITION BY e {, e}] [ORDER BY …] [frame] )`
    fn window_spec(&mut self) -> Result<WindowSpec> {
        let at = self.here();
        self.require_symbol("(")?;
        let mut partition = Vec::new();
        if self.take("PARTITION") {
            self.require("BY")?;
            partition = self.list(Self::expr)?;
        }
        let order = if self.at_word("ORDER") { self.order_by()? } else { Vec::new() };
        let frame = self.frame()?;
        if !self.take_symbol(")") {
            return Err(self.expected("PARTITION BY, RANGE, ROWS or `)`"));
        }
        Ok(WindowSpec { partition, order, frame, at })
    }

    fn frame(&mut self) -> Result<Option<Frame>> {
        let at = self.here();
        let unit = if self.take("RANGE") {
            FrameUnit::Range
        } else if self.take("ROWS") {
            FrameUnit::Rows
        } else {
            return Ok(None);
        };
        if self.take("BETWEEN") {
            let start = self.frame_bound()?;
            self.require("AND")?;
            let end = Some(self.frame_bound()?);
            return Ok(Some(Frame { unit, start, end, at }));
        }
        Ok(Some(Frame { unit, start: self.frame_bound()?, end: None, at }))
    }

    fn frame_bound(&mut self) -> Result<FrameBound> {
        if self.take_words(&["CURRENT", "ROW"]) {
            return Ok(FrameBound::CurrentRow);
        }
        if self.take("UNBOUNDED") {
            if self.take("PRECEDING") {
                return Ok(FrameBound::UnboundedPreceding);
            }
            self.require("FOLLOWING")?;
            return Ok(FrameBound::UnboundedFollowing);
        }
        let size = self.additive()?;
        if self.take("PRECEDING") {
            return Ok(FrameBound::Preceding(size));
        }
        if self.take("FOLLOWING") {
            return Ok(FrameBound::Following(size));
        }
        Err(self.expected("PRECEDING or FOLLOWING"))
    }
}
