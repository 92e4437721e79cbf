//! A command and its handler, of whatever type both are.

use std::{fmt, marker::PhantomData, sync::Arc};

use domain::{Events, Source};
use futures_util::{FutureExt as _, future::BoxFuture};
use protocol::{Callback, Command, Json, Read, Unreadable};

use crate::{
    Context, Handle, Problem,
    decide::{self, Asking, Decided, Nobody},
};

/// A command, and what to do about it.
#[derive(Clone)]
pub struct Handler {
    command: &'static Command,
    read: Arc<ReadBody>,
    unread: fn(Json<'_>) -> Nobody,
}

type ReadBody = dyn Fn(Json<'_>) -> Result<Box<dyn Act>, Unreadable> + Send + Sync;

/// A callback that was read, and waits to be handled.
pub(crate) trait Act: Send {
    /// The answer in case that something fails from here on; `None` when nobody waits for one.
    fn nobody(&self) -> Option<Nobody>;

    /// How many members of its lists were left out, because they did not fit.
    fn left_out(&self) -> usize;

    fn act<'a>(
        self: Box<Self>,
        asking: &'a Asking<'a>,
        context: Context,
    ) -> BoxFuture<'a, Result<Decided, Problem>>;
}

/// Makes a handler of a function from a callback to what it means.
///
/// The function is plain or `async`, and takes the callback, and a [`Context`] if it wants one. About what has
/// happened it returns the events that this implies. About what somebody is about to do it returns the answer, or the
/// answer and the events to record unless it is refused.
///
/// ```
/// use domain::relation::Event;
/// use protocol::openim::{AfterDeleteFriend, BeforeAddBlack, Decision, NoAmendment};
/// use receiver::{Context, handler};
///
/// fn deleted(callback: AfterDeleteFriend) -> Vec<Event> {
///     vec![Event::FriendDeleted {
///         owner: callback.owner_user_id,
///         friend: callback.friend_user_id,
///     }]
/// }
///
/// async fn blocking(callback: BeforeAddBlack, context: Context) -> Decision<NoAmendment> {
///     // Ask a service of your own here; there are `context.time_left()` for it.
///     Decision::Allow
/// }
///
/// let handlers = [handler(deleted), handler(blocking)];
/// ```
pub fn handler<C, F, Form>(handle: F) -> Handler
where
    C: Callback,
    F: Handle<C, Form>,
    Form: 'static,
    Events: From<Vec<C::Event>>,
{
    Handler {
        command: &C::COMMAND,
        read: Arc::new(move |body| {
            let Read { callback, left_out } = body.read::<C>()?;
            Ok(Box::new(Typed {
                callback,
                left_out,
                handle: handle.clone(),
                form: PhantomData,
            }))
        }),
        unread: Nobody::of_unread::<C>,
    }
}

/// The module of each command of a family, and `handlers()`, which gives the handler of each.
#[macro_export]
macro_rules! handlers {
    ($($command:ident),+ $(,)?) => {
        $(pub mod $command;)+

        /// Every handler, in the order of their names.
        #[must_use]
        pub fn handlers() -> Vec<$crate::Handler> {
            vec![$($crate::handler($command::handle)),+]
        }
    };
}

impl Handler {
    /// What the catalogue says of the command.
    #[must_use]
    pub fn command(&self) -> &'static Command {
        self.command
    }

    pub(crate) fn source(&self) -> Source {
        self.command.source
    }

    pub(crate) fn name(&self) -> &'static str {
        self.command.name
    }

    /// Whether somebody waits for a decision.
    pub(crate) fn is_before(&self) -> bool {
        self.command.is_before()
    }

    /// Whether that is its name, or was.
    pub(crate) fn is_called(&self, name: &str) -> bool {
        self.command.name == name || self.command.earlier.contains(&name)
    }

    /// Reads a body, or says what is wrong with it.
    pub(crate) fn read(&self, body: Json<'_>) -> Result<Box<dyn Act>, Unreadable> {
        (self.read)(body)
    }

    /// What is answered where the body cannot be read; `None` when nobody waits for a decision.
    pub(crate) fn unread(&self, body: Json<'_>) -> Option<Nobody> {
        self.is_before().then(|| (self.unread)(body))
    }
}

impl fmt::Debug for Handler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.command.name)
    }
}

struct Typed<C, F, Form> {
    callback: C,
    left_out: usize,
    handle: F,
    form: PhantomData<fn() -> Form>,
}

impl<C, F, Form> Act for Typed<C, F, Form>
where
    C: Callback,
    F: Handle<C, Form>,
    Form: 'static,
    Events: From<Vec<C::Event>>,
{
    fn nobody(&self) -> Option<Nobody> {
        C::COMMAND.is_before().then(|| Nobody::of(&self.callback))
    }

    fn left_out(&self) -> usize {
        self.left_out
    }

    fn act<'a>(
        self: Box<Self>,
        asking: &'a Asking<'a>,
        context: Context,
    ) -> BoxFuture<'a, Result<Decided, Problem>> {
        let Self {
            callback, handle, ..
        } = *self;
        match C::COMMAND.is_before() {
            true => decide::before(callback, handle, asking, context).boxed(),
            false => decide::after(callback, handle, context).boxed(),
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::relation::Event;
    use protocol::{
        openim::{AfterDeleteFriend, BeforeAddBlack, Decision, NoAmendment},
        tencent::{Before as _, Decision as ForPerson, Decisions, PrevFriendAdd},
    };

    use super::*;

    #[test]
    fn plain_and_async_functions_with_and_without_a_context_are_handlers() {
        fn plain(_: AfterDeleteFriend) -> Vec<Event> {
            Vec::new()
        }
        fn plain_with_context(
            _: BeforeAddBlack,
            _: Context,
        ) -> (Decision<NoAmendment>, Vec<Event>) {
            (Decision::Allow, Vec::new())
        }
        async fn later(_: BeforeAddBlack) -> Decision<NoAmendment> {
            Decision::Allow
        }
        async fn later_with_context(callback: PrevFriendAdd, _: Context) -> Decisions {
            callback.decide(|_| ForPerson::Allow)
        }
        fn is_shared<T: Clone + Send + Sync>(_: &T) {}

        let handlers = [
            handler(plain),
            handler(plain_with_context),
            handler(later),
            handler(later_with_context),
        ];
        is_shared(&handlers[0]);
        assert_eq!(
            handlers.map(|handler| handler.name()),
            [
                "callbackAfterDeleteFriendCommand",
                "callbackBeforeAddBlackCommand",
                "callbackBeforeAddBlackCommand",
                "Sns.CallbackPrevFriendAdd",
            ]
        );
    }
}
