//! A command and its handler, without their types.

use std::{fmt, marker::PhantomData, sync::Arc};

use domain::{Events, Source};
use futures_util::{FutureExt as _, future::BoxFuture};
use protocol::{Answer as _, Callback, Command, Json, Read, Unreadable};

use crate::{
    Context, Handle, Problem,
    answer::to_json,
    decide::{self, Asking, Decided, Nobody},
};

/// A command and its handler.
#[derive(Clone)]
pub struct Handler {
    command: &'static Command,
    read: Arc<ReadBody>,
    unread: fn(Json<'_>) -> Option<Nobody>,
}

type ReadBody = dyn Fn(Json<'_>) -> Result<Box<dyn Act>, Unreadable> + Send + Sync;

/// A callback that was read but not handled yet.
pub(crate) trait Act: Send {
    /// The answer if something fails later; `None` for an after callback.
    fn nobody(&self) -> Option<Nobody>;

    /// The answer, if it is about a sign for clients: then nobody has to decide.
    fn signal(&self) -> Option<String>;

    /// How many members of its lists were left out, because they did not fit.
    fn left_out(&self) -> usize;

    /// Runs the handler.
    fn act<'a>(
        self: Box<Self>,
        asking: &'a Asking<'a>,
        context: Context,
    ) -> BoxFuture<'a, Result<Decided, Problem>>;
}

/// Makes a handler of a function.
///
/// The function is plain or `async`. It takes the callback, and a [`Context`] if it needs one. For an after callback, it
/// returns the events that the callback implies. For a before callback, it returns the answer, or the answer and the
/// events to record unless the answer refuses.
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
///     // You can ask your own service here, within `context.time_left()`.
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

/// Declares the module of each command of a family, and `handlers()`, which gives all their handlers.
#[macro_export]
macro_rules! handlers {
    ($($command:ident),* $(,)?) => {
        $(pub mod $command;)*

        /// Every handler, in the order of their names.
        #[must_use]
        pub fn handlers() -> Vec<$crate::Handler> {
            vec![$($crate::handler($command::handle)),*]
        }
    };
}

impl Handler {
    /// What the catalogue says about the command.
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

    /// Whether it is a before command.
    pub(crate) fn is_before(&self) -> bool {
        self.command.is_before()
    }

    /// Whether this is the command's name, or was its name in an earlier version.
    pub(crate) fn is_called(&self, name: &str) -> bool {
        self.command.name == name || self.command.earlier.contains(&name)
    }

    /// Reads a body.
    pub(crate) fn read(&self, body: Json<'_>) -> Result<Box<dyn Act>, Unreadable> {
        (self.read)(body)
    }

    /// The answer if the body was not read, or cannot be read. `None` for an after command, or if no answer allows
    /// anything.
    pub(crate) fn unread(&self, body: Json<'_>) -> Option<Nobody> {
        self.is_before().then(|| (self.unread)(body))?
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

    fn signal(&self) -> Option<String> {
        let is_signal = self.callback.is_signal();
        is_signal.then(|| to_json(&C::Answer::unchanged(&self.callback)))
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
