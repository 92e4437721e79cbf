//! HTTP/1.1 over one blocking stream.
//!
//! `httparse` reads the heads. Not hyper or a server on it: their scheduler would be in every figure.

use std::io::{self, Read, Write};

/// Longer heads or bodies than any that belongs here.
const MOST: usize = 8 * 1024 * 1024;
const MOST_HEADERS: usize = 64;

/// A request, or the answer to one.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Message {
    /// The first line's words: method and target, or status and reason.
    pub(crate) start: (String, String),
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Message {
    /// A header's value; names are compared as HTTP does.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let found = headers.find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// Whether the connection ends with it.
    pub(crate) fn is_last(&self) -> bool {
        self.header("connection")
            .is_some_and(|value| value.eq_ignore_ascii_case("close"))
    }

    /// As bytes with this first line and a content length.
    fn encode(&self, first_line: &str) -> Vec<u8> {
        let mut bytes = format!("{first_line}\r\n").into_bytes();
        for (name, value) in &self.headers {
            let framing = ["content-length", "transfer-encoding", "expect"];
            if !framing.iter().any(|it| name.eq_ignore_ascii_case(it)) {
                bytes.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
            }
        }
        bytes.extend_from_slice(format!("content-length: {}\r\n\r\n", self.body.len()).as_bytes());
        bytes.extend_from_slice(&self.body);
        bytes
    }

    /// As bytes that a server reads.
    pub(crate) fn as_request(&self) -> Vec<u8> {
        let (method, target) = &self.start;
        self.encode(&format!("{method} {target} HTTP/1.1"))
    }

    /// As bytes that a client reads.
    pub(crate) fn as_answer(&self) -> Vec<u8> {
        let (status, reason) = &self.start;
        self.encode(&format!("HTTP/1.1 {status} {reason}"))
    }
}

/// One end of a connection, with what came before it was wanted.
pub(crate) struct Connection<S> {
    stream: S,
    buffer: Vec<u8>,
}

/// Where a message's head ends, and what it says.
type Head = (usize, Message);

impl<S: Read + Write> Connection<S> {
    pub(crate) fn new(stream: S) -> Self {
        Self {
            stream,
            buffer: Vec::with_capacity(16 * 1024),
        }
    }

    /// Everything in one write.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)?;
        self.stream.flush()
    }

    /// The next request; `None` when the client has gone.
    pub(crate) fn read_request(&mut self) -> io::Result<Option<Message>> {
        self.read(|bytes| {
            let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
            let mut request = httparse::Request::new(&mut headers);
            let httparse::Status::Complete(end) = request.parse(bytes)? else {
                return Ok(None);
            };
            let start = (request.method, request.path);
            Ok(Some((end, message(start, request.headers))))
        })
    }

    /// The next answer; `None` when the server has gone.
    pub(crate) fn read_answer(&mut self) -> io::Result<Option<Message>> {
        self.read(|bytes| {
            let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
            let mut answer = httparse::Response::new(&mut headers);
            let httparse::Status::Complete(end) = answer.parse(bytes)? else {
                return Ok(None);
            };
            let status = answer.code.map(|code| code.to_string());
            let start = (status.as_deref(), answer.reason);
            Ok(Some((end, message(start, answer.headers))))
        })
    }

    fn read(
        &mut self,
        parse: impl Fn(&[u8]) -> Result<Option<Head>, httparse::Error>,
    ) -> io::Result<Option<Message>> {
        let (end, mut message) = loop {
            match parse(&self.buffer).map_err(invalid)? {
                Some(head) => break head,
                None if self.fill()? => {}
                None if self.buffer.is_empty() => return Ok(None),
                None => return Err(io::ErrorKind::UnexpectedEof.into()),
            }
        };
        self.buffer.drain(..end);
        if message.header("expect").is_some() {
            self.write(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        let chunked = message
            .header("transfer-encoding")
            .is_some_and(|value| value.eq_ignore_ascii_case("chunked"));
        message.body = if chunked {
            self.read_chunks()?
        } else {
            let length = message.header("content-length").unwrap_or("0");
            self.take(length.parse().map_err(invalid)?)?
        };
        Ok(Some(message))
    }

    fn read_chunks(&mut self) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let (start, size) = loop {
                match httparse::parse_chunk_size(&self.buffer) {
                    Ok(httparse::Status::Complete(found)) => break found,
                    Ok(httparse::Status::Partial) => self.fill_or_fail()?,
                    Err(_) => return Err(invalid("the size of a chunk is no number")),
                }
            };
            self.buffer.drain(..start);
            let size = usize::try_from(size).map_err(invalid)?;
            if size == 0 {
                // Trailers, up to an empty line.
                while !self.line()?.is_empty() {}
                return Ok(body);
            }
            body.extend(self.take(size)?);
            if !self.line()?.is_empty() {
                return Err(invalid("a chunk is longer than it says"));
            }
        }
    }

    /// Everything before the next CR and LF.
    fn line(&mut self) -> io::Result<Vec<u8>> {
        loop {
            if let Some(end) = self.buffer.windows(2).position(|two| two == b"\r\n") {
                let line = self.buffer[..end].to_vec();
                self.buffer.drain(..end + 2);
                return Ok(line);
            }
            self.fill_or_fail()?;
        }
    }

    fn take(&mut self, length: usize) -> io::Result<Vec<u8>> {
        if length > MOST {
            return Err(invalid("a body is too long"));
        }
        while self.buffer.len() < length {
            self.fill_or_fail()?;
        }
        let rest = self.buffer.split_off(length);
        Ok(std::mem::replace(&mut self.buffer, rest))
    }

    fn fill_or_fail(&mut self) -> io::Result<()> {
        match self.fill()? {
            true => Ok(()),
            false => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }

    /// Reads what is there; false when nothing will come any more.
    fn fill(&mut self) -> io::Result<bool> {
        if self.buffer.len() > MOST {
            return Err(invalid("a head is too long"));
        }
        let known = self.buffer.len();
        self.buffer.resize(known + 16 * 1024, 0);
        let read = self.stream.read(&mut self.buffer[known..]);
        self.buffer.truncate(known + *read.as_ref().unwrap_or(&0));
        Ok(read? > 0)
    }
}

fn message(start: (Option<&str>, Option<&str>), headers: &[httparse::Header<'_>]) -> Message {
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    let headers = headers.iter();
    Message {
        start: (
            start.0.unwrap_or_default().to_owned(),
            start.1.unwrap_or_default().to_owned(),
        ),
        headers: headers
            .map(|header| (header.name.to_owned(), text(header.value)))
            .collect(),
        body: Vec::new(),
    }
}

fn invalid(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is read comes in pieces of this size; what is written is kept.
    struct Pieces {
        input: io::Cursor<Vec<u8>>,
        size: usize,
        output: Vec<u8>,
    }

    impl Read for Pieces {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let size = self.size.min(buffer.len());
            self.input.read(&mut buffer[..size])
        }
    }

    impl Write for Pieces {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.output.write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn connection(input: &str, size: usize) -> Connection<Pieces> {
        Connection::new(Pieces {
            input: io::Cursor::new(input.into()),
            size,
            output: Vec::new(),
        })
    }

    #[test]
    fn a_message_is_the_same_in_whatever_pieces_it_arrives_and_however_its_body_is_framed() {
        let length = "POST /a HTTP/1.1\r\nX-Name: v\r\nContent-Length: 11\r\n\r\nhello\r\nhey!";
        let chunks = "POST /a HTTP/1.1\r\nX-Name: v\r\nTransfer-Encoding: chunked\r\n\r\n\
                      7;x=y\r\nhello\r\n\r\n4\r\nhey!\r\n0\r\nTrailer: t\r\n\r\n";
        let next = "GET /b HTTP/1.1\r\nConnection: close\r\n\r\n";
        for first in [length, chunks] {
            for size in [1, 2, 3, 7, 1000] {
                let mut connection = connection(&format!("{first}{next}"), size);
                let message = connection.read_request().unwrap().unwrap();
                assert_eq!(message.start, ("POST".to_owned(), "/a".to_owned()));
                assert_eq!(message.header("x-nAme"), Some("v"));
                assert_eq!(message.body, b"hello\r\nhey!", "in pieces of {size}");
                assert!(!message.is_last());
                let message = connection.read_request().unwrap().unwrap();
                assert_eq!(message.start.1, "/b");
                assert!(message.is_last() && message.body.is_empty());
                assert_eq!(connection.read_request().unwrap(), None);
            }
        }
    }

    #[test]
    fn a_client_that_waits_to_be_asked_for_its_body_is_asked() {
        let head = "POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n{}";
        let mut connection = connection(head, 1000);
        assert_eq!(connection.read_request().unwrap().unwrap().body, b"{}");
        assert_eq!(
            connection.stream.output,
            b"HTTP/1.1 100 Continue\r\n\r\n".to_vec()
        );
    }

    #[test]
    fn a_message_that_ends_early_or_contradicts_itself_is_an_error() {
        for broken in [
            "POST /a HT",
            "POST /a HTTP/1.1\r\nContent-Length: 3\r\n\r\nab",
            "POST /a HTTP/1.1\r\nContent-Length: x\r\n\r\n",
            "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
            "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nz\r\n",
            "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n",
        ] {
            assert!(
                connection(broken, 1000).read_request().is_err(),
                "{broken:?}"
            );
        }
    }

    #[test]
    fn what_is_passed_on_reads_as_what_came() {
        let chunked =
            "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n";
        let message = connection(chunked, 1000).read_request().unwrap().unwrap();
        let passed = String::from_utf8(message.as_request()).unwrap();
        assert_eq!(
            passed,
            "POST /a HTTP/1.1\r\nHost: h\r\ncontent-length: 2\r\n\r\n{}"
        );
        let answer = "HTTP/1.1 400 Bad Request\r\nContent-Length: 1\r\n\r\nx";
        let answer = connection(answer, 1000).read_answer().unwrap().unwrap();
        let passed = String::from_utf8(answer.as_answer()).unwrap();
        assert_eq!(
            passed,
            "HTTP/1.1 400 Bad Request\r\ncontent-length: 1\r\n\r\nx"
        );
    }
}
