//! The reasons.

macro_rules! reasons {
    ($($(#[doc = $sentence:literal])+ $name:ident,)*) => {
        /// Why a field differs from what the original Python system gave.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Reason {
            $($(#[doc = $sentence])+ $name,)*
        }

        impl Reason {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// Its name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($name),)*
                }
            }

            /// What it says.
            #[must_use]
            pub const fn sentence(self) -> &'static str {
                match self {
                    $(Self::$name => concat!($($sentence),+),)*
                }
            }
        }
    };
}

reasons! {
    /// The original gives a number, a name or an empty list where nothing was measured; here it is
    /// null, or is named among what was not measured.
    MissingIsNotZero,
    /// The original gives the same value for every video; here it is measured, or null.
    ConstantWithoutEvidence,
    /// The original counts the fields of a record (four for a text, eight for an expression); here
    /// the things themselves count.
    CountedRecordFields,
    /// The original leaves cuts out of the density; here they count.
    CutsNotCounted,
    /// The original counts the beginning of a video as a cut, and cuts as shots.
    BeginningCountedAsCut,
    /// The original keeps one item per second and loses the others; here all count.
    OnePerSecond,
    /// The original adds up the detections of all frames of a second; here the most in one frame
    /// count.
    CountedInEveryFrame,
    /// The original takes a second nobody looked at for an empty one; here it counts for neither.
    SecondsNotLookedAt,
    /// The original leaves out what follows the last whole second, or divides by another number of
    /// seconds than those it counts in.
    LastSecondLeftOut,
    /// The original cuts times to whole seconds; here they are exact.
    WholeSeconds,
    /// The original lists the first few in time; here all are listed, or the strongest.
    FirstInTime,
    /// The original takes a video without length for one of 60 s.
    NoLength,
    /// The original moves what lies outside the video to its ends and lets it outlast the video;
    /// here it is dropped and counted, or cut off there.
    OutsideTheVideo,
    /// The original takes everything for one second, or for a length it invents; here it lasts
    /// from where it is first to where it is last seen.
    InventedLength,
    /// The original counts hands that make no gesture as a gesture.
    NoGestureCounted,
    /// The original drops a whole stream for one bad item; here the item is dropped.
    WholeStreamDropped,
    /// Segments of speech whose times are written as ranges or minutes count here.
    TimesOfAllForms,
    /// Where only the number of a frame can be read, the original reckons with 30 frames per
    /// second; here with those of the video.
    TimeByFrameNumber,
    /// What is listed twice counts once here.
    ToldTwice,
    /// The original loses all texts where the box of one is a polygon.
    PolygonsLoseTexts,
    /// The original takes the confidence in a label for the strength of the expression.
    ConfidenceAsIntensity,
    /// Between equally frequent labels the original chooses at random.
    TieAtRandom,
    /// The original divides a video into ten to nineteen windows, some of them empty or beyond its
    /// end; here there are ten equal ones.
    UnequalWindows,
    /// Expressions farther apart than two sampling steps do not follow each other here.
    GapsEndSequences,
    /// The direction of an arc is told from how pleasant expressions are; the original knows none.
    DirectionOfArc,
    /// The original invents a resolution five seconds before the end.
    InventedResolution,
    /// The original takes only `happy` for positive, which no network says; here joy is.
    JoyNotPositive,
    /// The original names steadiness among the techniques of every video.
    AlwaysSteady,
    /// The original reports confidence and completeness without evidence; here they come from what
    /// was looked at and how sure detections are.
    ConfidenceFromCoverage,
    /// The original divides by another number than that of what was looked at, so that shares
    /// exceed one or shrink.
    WrongDenominator,
    /// The original takes nobody for one person.
    NobodyIsSomebody,
    /// Where nobody is seen the original lists nothing; here that is a stretch without a face.
    NobodyIsAStretch,
    /// The original leaves out frames in which somebody looks away.
    LookingAwayLeftOut,
    /// The original gives a number or an empty list; here it is always a list of changes.
    ListOfChanges,
    /// A face that reaches beyond the picture is as large as its part inside.
    FaceBeyondThePicture,
    /// The original loses every second with more than one cut, and measures shots in whole seconds.
    SecondsWithCutsLost,
    /// The original divides text at white space and keeps punctuation and descriptions in brackets;
    /// here words are those of Unicode.
    WordsAsUnicodeDividesThem,
    /// The original counts time twice in which segments overlap.
    OverlapCountedTwice,
    /// The original looks at the first ten seconds only, and cuts parts of words away.
    FirstTenSeconds,
    /// The original takes loud windows for speech, and has one in every video.
    LoudnessTakenForSpeech,
    /// Where there is no sound, or silence only, the original invents a climax.
    InventedClimax,
    /// The original ignores what happens in the first second.
    FirstSecondIgnored,
    /// The original looks at the second in which something begins; here it is the whole interval.
    BeginningsCompared,
    /// A window of the sound whose name begins and ends with the same second has no length.
    WindowWithoutLength,
    /// The original finds keywords within other words; here they are whole words.
    PartsOfWords,
    /// The original counts texts in Chinese, Japanese and Korean as emoji, and runs of emoji as one.
    EmojiByRange,
    /// An unknown time of publication is Monday, midnight, in the original.
    UnknownTimeIsMonday,
    /// Marks of other scripts count here, and marks within links do not.
    MarksOfAllScripts,
    /// Links without `http` count here.
    LinksWithoutScheme,
    /// Names after an @ are taken as platforms form them, once each, and all of them.
    AllMentions,
    /// The original tells emotions from words that are said; here they are those of the face.
    EmotionsFromWords,
    /// The original calls every gesture a movement.
    EveryGestureIsMovement,
    /// Objects never reach the markers of the original.
    ObjectsNeverArrive,
    /// Windows of the original include both their ends, so that what lies between two counts in
    /// both, and end with an empty one.
    BothEndsIncluded,
    /// Positions of the original compare pixels with shares, so that nearly everything is right.
    PixelsTakenForShares,
    /// What goes on counts once, when it begins; the original counts every sample of it, with
    /// bodies, faces and scenes.
    SamplesCounted,
    /// The original cuts quotations short or changes them to lower case.
    QuotationsCutShort,
    /// The record does not tell when single words are said.
    WordsNotTimed,
    /// The original takes a service that failed within its result for one that succeeded.
    FailureTakenForSuccess,
    /// Names that are not safe in a file name are changed.
    NamesMadeSafe,
    /// Intervals are named by all whole seconds they touch.
    KeysCoverIntervals,
    /// A flag needs a clear difference here, where the original takes any.
    ClearDifferenceNeeded,
    /// Stickers and expressions count here; the original leaves them out of some figures.
    KindsIgnored,
    /// What begins at the same instant is listed by name, and calls by their place in the text;
    /// the original keeps the order in which they were found.
    OrderOfEquals,
    /// What began before a window is told from the beginning of the window on.
    WindowsClip,
    /// Runs of at least three are counted here; the original counts gaps.
    RunsNotGaps,
    /// The original takes density for a call to action; here one must be said or written.
    DensityTakenForCall,
}
