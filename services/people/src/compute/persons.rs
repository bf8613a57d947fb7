//! Persons among detected objects, frame by frame.

use contracts::{MediaTime, objects::ObjectDetections};
use std::collections::{BTreeMap, BTreeSet};
use tracking::BoundingBox;

const PERSON: &str = "person";

/// One person in one frame.
#[derive(Debug, Clone, PartialEq)]
pub struct Person {
    /// Object track, as `obj_<n>`.
    pub track_id: Option<String>,
    /// Where, in shares of the picture.
    pub bbox: BoundingBox,
}

impl Person {
    fn area(&self) -> f64 {
        self.bbox.width() * self.bbox.height()
    }
}

/// The persons of a video, in the frames in which objects were looked for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Persons {
    looked_at: BTreeSet<MediaTime>,
    found: BTreeMap<MediaTime, Vec<Person>>,
}

impl Persons {
    /// The persons among `objects`.
    #[must_use]
    pub fn among(objects: &ObjectDetections) -> Self {
        let times = objects.metadata.frame_times.iter().copied();
        let mut persons = Self {
            looked_at: times.map(MediaTime::from_seconds).collect(),
            found: BTreeMap::new(),
        };
        for one in &objects.object_annotations {
            let time = MediaTime::from_seconds(one.timestamp);
            let bbox = BoundingBox::clipped(one.bbox_normalized);
            if let (PERSON, Some(bbox)) = (one.class_name.as_str(), bbox) {
                let track_id = one.track_id.clone();
                let here = persons.found.entry(time).or_default();
                here.push(Person { track_id, bbox });
            }
        }
        for here in persons.found.values_mut() {
            // A stable sort: persons of one size keep the detector's order.
            here.sort_by(|a, b| b.area().total_cmp(&a.area()));
        }
        persons
    }

    /// The persons of one frame, the largest first; `None` if objects were not looked for in it.
    #[must_use]
    pub fn at(&self, time: MediaTime) -> Option<Vec<Person>> {
        let found = || self.found.get(&time).cloned().unwrap_or_default();
        self.looked_at.contains(&time).then(found)
    }
}

/// The person a face belongs to: the smallest one around its middle that is larger than it.
#[must_use]
pub(super) fn owner(persons: &[Person], face: BoundingBox) -> Option<&Person> {
    let (x, y) = face.centre();
    let area = face.width() * face.height();
    let around = persons.iter().filter(|person| {
        let bbox = person.bbox;
        let across = (bbox.left..=bbox.right).contains(&x);
        across && (bbox.top..=bbox.bottom).contains(&y) && person.area() > area
    });
    around.reduce(|best, next| {
        if next.area() < best.area() {
            next
        } else {
            best
        }
    })
}

/// The person a body belongs to: the one whose box is most alike, by at least half.
#[must_use]
pub(crate) fn same(persons: &[Person], body: BoundingBox) -> Option<&Person> {
    const LEAST_OVERLAP: f64 = 0.5;
    let alike = persons
        .iter()
        .map(|person| (person.bbox.overlap(body), person))
        .filter(|(overlap, _)| *overlap >= LEAST_OVERLAP);
    let best = alike.reduce(|best, next| if next.0 > best.0 { next } else { best });
    best.map(|(_, person)| person)
}
