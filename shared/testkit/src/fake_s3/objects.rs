//! The objects of the server, and what requests make of them.

use super::S3Request;
use bytes::Bytes;
use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, fmt::Write};

/// Keys on one page of a listing unless a test says otherwise.
const PAGE_KEYS: usize = 1000;

/// One request, read whole.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub request: S3Request,
    pub key: String,
    pub query: BTreeMap<String, String>,
    pub headers: BTreeMap<String, String>,
    pub body: Bytes,
}

/// One answer.
#[derive(Debug, Clone, Default)]
pub(super) struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
}

impl Answer {
    pub fn error(status: u16, code: &str) -> Self {
        let body = format!("<Error><Code>{code}</Code><Message>as told</Message></Error>");
        Self {
            status,
            body: body.into(),
            ..Self::default()
        }
    }
    fn xml(body: String) -> Self {
        Self {
            status: 200,
            body: body.into(),
            ..Self::default()
        }
    }
}

#[derive(Debug, Clone)]
struct Object {
    bytes: Bytes,
    metadata: BTreeMap<String, String>,
}

#[derive(Debug)]
struct Upload {
    metadata: BTreeMap<String, String>,
    parts: BTreeMap<u32, Bytes>,
}

#[derive(Debug)]
pub(super) struct Objects {
    pub page: usize,
    objects: BTreeMap<String, Object>,
    uploads: BTreeMap<String, Upload>,
    uploads_begun: usize,
}

impl Default for Objects {
    fn default() -> Self {
        Self {
            page: PAGE_KEYS,
            objects: BTreeMap::new(),
            uploads: BTreeMap::new(),
            uploads_begun: 0,
        }
    }
}

fn metadata(asked: &Asked) -> BTreeMap<String, String> {
    let named = |(name, value): (&String, &String)| {
        let name = name.strip_prefix("x-amz-meta-")?;
        Some((name.to_owned(), value.clone()))
    };
    asked.headers.iter().filter_map(named).collect()
}

impl Objects {
    pub fn plant(&mut self, key: &str, bytes: Bytes) {
        let metadata = BTreeMap::new();
        let object = Object { bytes, metadata };
        self.objects.insert(key.into(), object);
    }
    pub fn keys(&self) -> Vec<String> {
        self.objects.keys().cloned().collect()
    }
    pub fn unfinished(&self) -> usize {
        self.uploads.len()
    }
    pub fn holds(&self, key: &str) -> bool {
        self.objects.contains_key(key)
    }

    pub fn answer(&mut self, asked: &Asked, once: bool) -> Answer {
        if once && self.holds(&asked.key) {
            return Answer::error(412, "PreconditionFailed");
        }
        match asked.request {
            S3Request::Put => self.put(asked),
            S3Request::Get | S3Request::Head => self.get(asked),
            S3Request::List => self.list(asked),
            S3Request::Delete => {
                self.objects.remove(&asked.key);
                Answer {
                    status: 204,
                    ..Answer::default()
                }
            }
            S3Request::Begin => self.begin(asked),
            S3Request::Part => self.part(asked),
            S3Request::Complete => self.complete(asked),
            S3Request::Abort => self.abort(asked),
        }
    }

    /// As a real server, refuses bytes whose signed digest is another.
    fn put(&mut self, asked: &Asked) -> Answer {
        let signed = asked.headers.get("x-amz-content-sha256");
        let digest = Sha256::digest(&asked.body)
            .iter()
            .fold(String::new(), |mut text, byte| {
                write!(text, "{byte:02x}").unwrap();
                text
            });
        if signed.is_some_and(|signed| signed.len() == digest.len() && *signed != digest) {
            return Answer::error(400, "XAmzContentSHA256Mismatch");
        }
        let object = Object {
            bytes: asked.body.clone(),
            metadata: metadata(asked),
        };
        self.objects.insert(asked.key.clone(), object);
        Answer::xml(String::new())
    }

    fn get(&self, asked: &Asked) -> Answer {
        let Some(object) = self.objects.get(&asked.key) else {
            return Answer::error(404, "NoSuchKey");
        };
        let total = object.bytes.len();
        let mut answer = Answer {
            status: 200,
            body: object.bytes.clone(),
            headers: Vec::new(),
        };
        for (name, value) in &object.metadata {
            let name = format!("x-amz-meta-{name}");
            answer.headers.push((name, value.clone()));
        }
        let range = asked.headers.get("range");
        let range = range.and_then(|text| text.strip_prefix("bytes=")?.split_once('-'));
        if let Some((first, last)) = range {
            let first: usize = first.parse().unwrap();
            let last = last.parse::<usize>().unwrap().min(total.saturating_sub(1));
            if first >= total {
                return Answer::error(416, "InvalidRange");
            }
            let shown = format!("bytes {first}-{last}/{total}");
            answer.headers.push(("content-range".into(), shown));
            answer.status = 206;
            answer.body = object.bytes.slice(first..=last);
        }
        answer
    }

    fn list(&self, asked: &Asked) -> Answer {
        let prefix = asked.query.get("prefix").map_or("", String::as_str);
        let after = asked.query.get("continuation-token");
        let mut keys = self
            .objects
            .keys()
            .filter(|key| key.starts_with(prefix) && after.is_none_or(|after| *key > after));
        let page: Vec<&String> = keys.by_ref().take(self.page).collect();
        let mut body = String::from("<ListBucketResult>");
        for key in &page {
            write!(body, "<Contents><Key>{key}</Key></Contents>").unwrap();
        }
        let more = keys.next().is_some();
        write!(body, "<IsTruncated>{more}</IsTruncated>").unwrap();
        if let (true, Some(last)) = (more, page.last()) {
            write!(
                body,
                "<NextContinuationToken>{last}</NextContinuationToken>"
            )
            .unwrap();
        }
        body.push_str("</ListBucketResult>");
        Answer::xml(body)
    }

    fn begin(&mut self, asked: &Asked) -> Answer {
        self.uploads_begun += 1;
        let id = format!("upload-{}", self.uploads_begun);
        let upload = Upload {
            metadata: metadata(asked),
            parts: BTreeMap::new(),
        };
        self.uploads.insert(id.clone(), upload);
        Answer::xml(format!(
            "<InitiateMultipartUploadResult><UploadId>{id}</UploadId></InitiateMultipartUploadResult>"
        ))
    }

    fn part(&mut self, asked: &Asked) -> Answer {
        let number = asked.query["partNumber"].parse().unwrap();
        match self.uploads.get_mut(&asked.query["uploadId"]) {
            None => Answer::error(404, "NoSuchUpload"),
            Some(upload) => {
                upload.parts.insert(number, asked.body.clone());
                let mut answer = Answer::xml(String::new());
                answer
                    .headers
                    .push(("etag".into(), format!("\"{number}\"")));
                answer
            }
        }
    }

    fn complete(&mut self, asked: &Asked) -> Answer {
        let Some(upload) = self.uploads.remove(&asked.query["uploadId"]) else {
            return Answer::error(404, "NoSuchUpload");
        };
        let object = Object {
            bytes: upload.parts.into_values().flatten().collect(),
            metadata: upload.metadata,
        };
        self.objects.insert(asked.key.clone(), object);
        Answer::xml("<CompleteMultipartUploadResult></CompleteMultipartUploadResult>".into())
    }

    fn abort(&mut self, asked: &Asked) -> Answer {
        match self.uploads.remove(&asked.query["uploadId"]) {
            None => Answer::error(404, "NoSuchUpload"),
            Some(_) => Answer {
                status: 204,
                ..Answer::default()
            },
        }
    }
}
