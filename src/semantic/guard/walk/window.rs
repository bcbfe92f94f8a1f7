//! Windows: what OVER and WINDOW say.

use sqlparser::ast::{
    NamedWindowDefinition, NamedWindowExpr, WindowFrame, WindowFrameBound, WindowSpec, WindowType,
};

use super::{Outcome, Walk};

impl Walk<'_> {
    pub(super) fn named_windows(&mut self, windows: &mut [NamedWindowDefinition]) -> Outcome {
        for NamedWindowDefinition(name, window) in windows {
            self.given(name)?;
            match window {
                NamedWindowExpr::NamedWindow(other) => {
                    self.given(other)?;
                }
                NamedWindowExpr::WindowSpec(window) => self.window_specification(window)?,
            }
        }
        Ok(())
    }

    pub(super) fn window(&mut self, window: &mut WindowType) -> Outcome {
        match window {
            WindowType::NamedWindow(name) => self.given(name).map(drop),
            WindowType::WindowSpec(window) => self.window_specification(window),
        }
    }

    fn window_specification(&mut self, window: &mut WindowSpec) -> Outcome {
        let WindowSpec {
            window_name,
            partition_by,
            order_by,
            window_frame,
        } = window;
        if let Some(name) = window_name {
            self.given(name)?;
        }
        self.expressions(partition_by)?;
        self.ordering(order_by)?;
        if let Some(WindowFrame {
            units: _,
            start_bound,
            end_bound,
        }) = window_frame
        {
            self.bound(start_bound)?;
            if let Some(bound) = end_bound {
                self.bound(bound)?;
            }
        }
        Ok(())
    }

    fn bound(&mut self, bound: &mut WindowFrameBound) -> Outcome {
        match bound {
            WindowFrameBound::CurrentRow
            | WindowFrameBound::Preceding(None)
            | WindowFrameBound::Following(None) => Ok(()),
            WindowFrameBound::Preceding(Some(distance))
            | WindowFrameBound::Following(Some(distance)) => self.expression(distance),
        }
    }
}
