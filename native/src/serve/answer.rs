//! Rows on their way to the caller: read as fast as they are taken, and cut off where they can't be whole.

use axum::body::Body;
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use parqlet::shell::Pool;

use super::ipc;
use super::log::{Entry, Outcome};
use super::problem::{Code, Problem};
use super::query::Format;
use super::remote::RemoteFile;
use super::text::{self, PIECE, Rows};

/// The head of a message of 2 GiB that never comes: readers may take a mere end of the bytes for that of the stream.
const CUT_OFF: [u8; 8] = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f];

/// An answer under way.
pub(super) struct Answer {
    file: RemoteFile,
    format: Format,
    pool: Pool,
    entry: Entry,
    state: State,
    /// Not yet sent.
    text: String,
    /// Something was sent: a problem can't be told any more.
    sent: bool,
    /// A row was written.
    begun: bool,
}

enum State {
    Begin,
    Next,
    Rows(Rows),
    /// One more piece; then the end, or what broke it off.
    Last(Bytes, Option<Problem>),
    Over,
}

impl Answer {
    /// Rows of a file that is being read.
    pub(super) fn new(file: RemoteFile, format: Format, pool: Pool, entry: Entry) -> Self {
        Self { file, format, pool, entry, state: State::Begin, text: String::new(), sent: false, begun: false }
    }

    /// The body. Its first piece is made before this resolves, so that what fails until then has a status of its own; what
    /// fails later breaks the connection off.
    ///
    /// # Errors
    /// What failed before anything could be sent, and the entry of the log.
    pub(super) async fn body(mut self) -> Result<Body, (Problem, Entry)> {
        let first = match self.piece().await {
            Ok(first) => first,
            Err(problem) => {
                self.note_spent();
                return Err((problem, self.entry));
            }
        };
        self.note(first.as_ref());
        let rest = stream::unfold((self, false), |(mut answer, over)| async move {
            if over {
                return None;
            }
            let piece = answer.piece().await;
            match &piece {
                Ok(piece) => answer.note(piece.as_ref()),
                Err(problem) => {
                    answer.note_spent();
                    answer.entry.end(Outcome::Broken(problem.code));
                }
            }
            let over = piece.is_err();
            Some((piece.transpose()?, (answer, over)))
        });
        Ok(Body::from_stream(stream::iter(first.map(Ok::<_, Problem>)).chain(rest)))
    }

    /// The next piece; `None` behind the last.
    async fn piece(&mut self) -> Result<Option<Bytes>, Problem> {
        loop {
            if self.text.len() >= PIECE {
                return Ok(Some(self.flushed()));
            }
            // What fails leaves it at its end.
            match std::mem::replace(&mut self.state, State::Over) {
                State::Begin => {
                    let batch = self.file.next().await?;
                    self.state = batch.map_or(State::Next, |batch| State::Rows(Rows::new(batch, self.format, true)));
                    if let Some(begin) = self.begin()? {
                        return Ok(Some(begin));
                    }
                }
                State::Next => {
                    self.state = match self.file.next().await {
                        Ok(Some(batch)) => State::Rows(Rows::new(batch, self.format, !self.begun)),
                        Ok(None) => self.end(),
                        Err(problem) => self.cut(problem)?,
                    }
                }
                State::Rows(rows) if rows.is_over() => self.state = State::Next,
                State::Rows(rows) => match self.written(rows).await {
                    Ok((state, piece)) => {
                        self.state = state;
                        self.begun = true;
                        if piece.is_some() {
                            return Ok(piece);
                        }
                    }
                    Err(problem) => self.state = self.cut(problem)?,
                },
                State::Last(piece, problem) => {
                    if !piece.is_empty() {
                        self.state = State::Last(Bytes::new(), problem);
                        return Ok(Some(piece));
                    }
                    return problem.map_or(Ok(None), Err);
                }
                State::Over => return Ok(None),
            }
        }
    }

    /// What stands before the rows, where that is a piece of its own.
    fn begin(&mut self) -> Result<Option<Bytes>, Problem> {
        let schema = self.file.schema().ok_or_else(defect)?;
        if self.format == Format::Arrow {
            return ipc::schema(&schema).map(Some).map_err(|_| without_form());
        }
        self.text = text::begin(self.format, &schema);
        Ok(None)
    }

    /// Writes a batch, or as much of it as is worth sending, on the decoding threads.
    async fn written(&mut self, mut rows: Rows) -> Result<(State, Option<Bytes>), Problem> {
        if self.format == Format::Arrow {
            let piece = self.pool.run(move || ipc::batch(rows.batch())).await.ok_or_else(defect)?;
            return Ok((State::Next, Some(piece.map_err(|_| without_form())?)));
        }
        let mut text = std::mem::take(&mut self.text);
        let written = self.pool.run(move || {
            let done = rows.write(&mut text);
            (rows, text, done)
        });
        let (rows, text, done) = written.await.ok_or_else(defect)?;
        self.text = text;
        done.map_err(|_| without_form())?;
        Ok((State::Rows(rows), None))
    }

    fn end(&mut self) -> State {
        if self.format == Format::Arrow {
            return State::Last(Bytes::from_static(&ipc::END), None);
        }
        self.text.push_str(text::end(self.format));
        State::Last(self.flushed(), None)
    }

    /// Says in the bytes that they are not all, where rows were sent; as long as nothing was sent the answer can say what
    /// is wrong.
    fn cut(&mut self, problem: Problem) -> Result<State, Problem> {
        if !self.sent {
            return Err(problem);
        }
        if self.format == Format::Arrow {
            let cut: &[u8] = if self.begun { &CUT_OFF } else { &[] };
            return Ok(State::Last(Bytes::from_static(cut), Some(problem)));
        }
        if self.begun {
            self.text.push_str(&text::cut(self.format));
        }
        Ok(State::Last(self.flushed(), Some(problem)))
    }

    fn flushed(&mut self) -> Bytes {
        std::mem::take(&mut self.text).into()
    }

    fn note(&mut self, piece: Option<&Bytes>) {
        self.note_spent();
        match piece {
            Some(piece) => {
                self.sent = true;
                self.entry.sent(piece.len() as u64);
            }
            None => self.entry.end(Outcome::Whole),
        }
    }

    fn note_spent(&mut self) {
        self.entry.spent(self.file.spent(), self.file.rows());
    }
}

fn without_form() -> Problem {
    Problem::new(Code::FILE_UNSUPPORTED, "the values of a column have no such form: ask for other columns")
}

fn defect() -> Problem {
    Problem::new(Code::INTERNAL, "the service failed, which is a defect of Parqlet")
}
