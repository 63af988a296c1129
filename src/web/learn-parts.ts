/** What the members' own pages are given: plain values and functions, put together in `learning.ts`. */
import type { Lesson, Question } from '../lessons/lesson.ts';

export interface LearnerView {
  readonly id: string;
  readonly name: string;
}

export interface QuestionView {
  readonly no: number;
  readonly type: Question['type'];
  /** Markdown. */
  readonly stem: string;
  /** Markdown of each, in the order of the group, A first. */
  readonly options: readonly string[];
  /** What counts of the member's answers, in the letters that the group sees; absent when there is none. */
  readonly given?: readonly string[];
  /** When that was, ms. */
  readonly at?: number;
  /** How many answers may still count; absent for any number. */
  readonly left?: number;
  /** Whether it was answered in time and the quiz is over: nothing is left to make up for. */
  readonly isFixed: boolean;
  /** Once the page may tell. */
  readonly result?: { readonly correct: boolean; readonly key: string; readonly explanation: string };
}

export interface QuizView {
  readonly id: string;
  /** As the window asks it. */
  readonly lesson: Lesson;
  readonly group: string;
  /** `open`; `makeup`: closed, and may still be made up for; `done`: closed and all answered, or over for good. */
  readonly state: 'open' | 'makeup' | 'done';
  /** Until when answers count, or may be made up for, ms. */
  readonly until: number;
  /** Whether each tap counts at once, or all of them when the button is pressed: where answers are few or final. */
  readonly keeps: 'tap' | 'press';
  readonly questions: readonly QuestionView[];
}

export interface NewTap {
  readonly tapId: string;
  readonly values: Readonly<Record<number, readonly string[]>>;
  /** ms. */
  readonly tappedAt: number;
}

export interface QuizLine {
  readonly windowId: string;
  readonly title: string;
  readonly group: string;
  readonly until: number;
  readonly answered: number;
  readonly questions: number;
}

export interface CalendarView {
  /** `YYYY-MM`. */
  readonly month: string;
  readonly previous: string;
  /** Absent in the month that runs. */
  readonly next?: string;
  readonly weeks: readonly (readonly {
    readonly day: string;
    readonly inMonth: boolean;
    readonly isToday: boolean;
    readonly mark?: 'checkin' | 'makeup' | 'leave';
  }[])[];
  readonly checkins: number;
  readonly leave: number;
}

export interface MeView {
  readonly name: string;
  readonly showsParty: boolean;
  readonly status: string;
  readonly unit?: string;
  readonly days: number;
  readonly answers: number;
  /** Of them, in quizzes that are closed; what is right is told of these only. */
  readonly told: number;
  readonly correct: number;
  readonly streak: number;
  readonly checkedInToday: boolean;
  /** `12.5`. */
  readonly points: string;
  /** This week, in one's groups; absent while one has no points there. */
  readonly rank?: { readonly place: number; readonly of: number };
  readonly mistakes: number;
  readonly open: readonly QuizLine[];
  readonly missed: readonly QuizLine[];
  readonly calendar: CalendarView;
}

export interface LearnedView {
  readonly windowId: string;
  readonly title: string;
  readonly group: string;
  readonly answered: number;
  readonly correct: number;
  readonly makeup: boolean;
  readonly isOpen: boolean;
  readonly at: number;
}

export interface MistakeView {
  readonly windowId: string;
  readonly title: string;
  readonly lesson: Lesson;
  readonly stem: string;
  readonly given: string;
  readonly key: string;
  readonly explanation: string;
  readonly at: number;
}

export interface CardView {
  readonly id: string;
  readonly lesson: Pick<Lesson, 'id' | 'file'>;
  readonly question: Question;
}

export interface PracticeView {
  readonly agreed: boolean;
  readonly perDay: number;
  readonly askedToday: number;
  /** Cards that are due now. */
  readonly due: number;
  readonly cards: number;
  /** What is being asked. */
  readonly card?: CardView;
  /** Of the review that was named, if it is theirs. */
  readonly told?: {
    readonly card: CardView;
    readonly correct: boolean;
    readonly given: string;
    readonly key: string;
  };
}

export interface PointsView {
  readonly days: readonly {
    readonly day: string;
    readonly awards: readonly { readonly what: string; readonly points: string }[];
    readonly points: string;
  }[];
  readonly span: 'week' | 'month';
  readonly board: readonly {
    readonly place: number;
    readonly name: string;
    readonly points: string;
    readonly days: number;
    readonly isMe: boolean;
  }[];
  readonly units: readonly {
    readonly place: number;
    readonly name: string;
    readonly perHead: string;
    /** `80%`: of its members those who have any points. */
    readonly withPoints: string;
    readonly heads: number;
    readonly isMine: boolean;
  }[];
  readonly by: 'per-head' | 'with-points';
}

export interface SettingsView {
  readonly name: string;
  readonly status: string;
  readonly unit?: string;
  readonly practice: boolean;
  readonly perDay: number;
  readonly reminder: boolean;
  readonly showsParty: boolean;
  /** Why 〔党员〕 can't be shown; absent when it can. */
  readonly whyNoParty?: string;
  readonly sessions: number;
  /** When they asked to be forgotten, ms. */
  readonly erasureAskedAt?: number;
}

export interface LearningParts {
  /** Whose session it is. */
  readonly find: (secret: string) => Promise<LearnerView | undefined>;
  readonly quiz: (memberId: string, windowId: string) => Promise<QuizView | undefined>;
  /** The window of a lesson that a member should see: an open one first, then one to make up for, then the last. */
  readonly quizOfLesson: (memberId: string, lessonId: string) => Promise<string | undefined>;
  /** Rejects with a `UserError` when it can't be taken. */
  readonly tap: (memberId: string, windowId: string, tap: NewTap) => Promise<{ readonly makeup: boolean }>;
  readonly me: (memberId: string, month?: string) => Promise<MeView>;
  readonly learned: (memberId: string) => Promise<readonly LearnedView[]>;
  readonly mistakes: (memberId: string) => Promise<readonly MistakeView[]>;
  readonly practice: (memberId: string, reviewId?: string) => Promise<PracticeView>;
  /** Asks the next card, where one is due and the day allows it. */
  readonly askCard: (memberId: string) => Promise<void>;
  /** Gives the review's id. Rejects with a `UserError` when that card isn't asked any more. */
  readonly answerCard: (
    memberId: string,
    answer: { readonly cardId: string; readonly tapId: string; readonly value: readonly string[] },
  ) => Promise<string>;
  readonly points: (memberId: string, span: PointsView['span'], by: PointsView['by']) => Promise<PointsView>;
  readonly settings: (memberId: string) => Promise<SettingsView>;
  readonly setConsent: (memberId: string, kind: 'practice' | 'reminder', on: boolean) => Promise<void>;
  /** Rejects with a `UserError` for whom it can't be shown. */
  readonly setParty: (memberId: string, on: boolean) => Promise<void>;
  /** All that is kept of them, table by table. */
  readonly record: (memberId: string) => Promise<Readonly<Record<string, readonly unknown[]>>>;
  readonly askErasure: (memberId: string) => Promise<void>;
  /** Ends all of their sessions. */
  readonly leaveEverywhere: (memberId: string) => Promise<void>;
}
