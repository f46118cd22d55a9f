import type { SeedModelName } from './models.ts'
import type { Rhythm } from './seasons.ts'

/** A tool that an agent calls; `{…}` in texts is filled in. */
export interface SeedTool {
  readonly name: string
  readonly medianMs: number
  readonly arguments: Readonly<Record<string, string>>
  readonly result: string
}

/** An agent: where it runs, who uses it when, and what is said. */
export interface SeedAgent {
  readonly name: string
  readonly service: string
  readonly team: string
  readonly project: string
  readonly major: number
  readonly releaseDays: number
  readonly rhythm: Rhythm
  /** How much of all work is its. */
  readonly share: number
  /** What its end users are called; null for work that nobody waits for. */
  readonly users: { readonly prefix: string; readonly count: number } | null
  readonly models: readonly (readonly [SeedModelName, number])[]
  readonly instructions: string
  readonly instructionTokens: number
  /** Share of its runs that begin with a search in documents. */
  readonly retrieves: number
  readonly source: string
  /** Calls of the model in which it asks for tools, at most. */
  readonly maxSteps: number
  /** The agent to which it hands parts of its work. */
  readonly delegatesTo: string | null
  readonly tools: readonly SeedTool[]
  readonly questions: readonly string[]
  readonly answers: readonly string[]
  readonly answerTokens: number
}

const support: SeedAgent = {
  name: 'support',
  service: 'support-desk',
  team: 'customer-care',
  project: 'shop',
  major: 3,
  releaseDays: 4,
  rhythm: 'customers',
  share: 38,
  users: { prefix: 'customer', count: 4000 },
  models: [
    ['claude-sonnet-5', 6],
    ['gpt-5-mini', 3],
    ['claude-haiku-4-5', 1],
  ],
  instructions:
    'You answer customers of an outdoor shop. Look orders up before you speak about them, refund only within thirty days, and hand over to a person when somebody is upset.',
  instructionTokens: 1450,
  retrieves: 0.45,
  source: 'help-centre',
  maxSteps: 3,
  delegatesTo: 'refunds',
  tools: [
    {
      name: 'lookup_order',
      medianMs: 95,
      arguments: { order: '{order}' },
      result: '{"order":"{order}","state":"shipped","items":["{product}"],"days":{days},"carrier":"parcel"}',
    },
    {
      name: 'check_stock',
      medianMs: 60,
      arguments: { product: '{product}', size: '{size}' },
      result: '{"product":"{product}","size":"{size}","left":{days}}',
    },
    {
      name: 'track_parcel',
      medianMs: 420,
      arguments: { order: '{order}' },
      result: '{"order":"{order}","last":"sorting centre {city}","expected":"in {days} days"}',
    },
  ],
  questions: [
    'Where is my order {order}? The {product} should have been here {days} days ago.',
    'The {product} from order {order} is too small. Can I change it for size {size}?',
    'I was charged twice for order {order}. Please look into it.',
    'Do you ship the {product} to {city}, and how long does it take?',
    'My {product} broke after {days} days. What can you do for me?',
  ],
  answers: [
    'Your order {order} left our warehouse and is at the sorting centre in {city}. It should reach you within {days} days.',
    'The {product} is in stock in size {size}. I have reserved one for you; the label for sending the other one back is in your account.',
    'I found the second charge for order {order} and have sent the money back. It takes up to {days} working days to show.',
    'Yes, we ship the {product} to {city}. It takes about {days} days and costs nothing above fifty euros.',
  ],
  answerTokens: 210,
}

const refunds: SeedAgent = {
  ...support,
  name: 'refunds',
  share: 0,
  models: [['claude-haiku-4-5', 1]],
  instructions: 'You decide whether a refund is due by the rules of the shop, and carry it out.',
  instructionTokens: 620,
  retrieves: 0,
  maxSteps: 2,
  delegatesTo: null,
  tools: [
    {
      name: 'refund_order',
      medianMs: 310,
      arguments: { order: '{order}', reason: 'late delivery' },
      result: '{"order":"{order}","refunded":true}',
    },
    {
      name: 'read_policy',
      medianMs: 25,
      arguments: { topic: 'refunds' },
      result: 'Refunds are given within thirty days of delivery, for unused goods, by the way of payment.',
    },
  ],
  questions: ['Decide on a refund for order {order}: the {product} came {days} days late.'],
  answers: ['A refund is due for order {order}, and it has been carried out.'],
  answerTokens: 90,
}

const researcher: SeedAgent = {
  name: 'researcher',
  service: 'research-assistant',
  team: 'insights',
  project: 'market-reports',
  major: 1,
  releaseDays: 6,
  rhythm: 'desk',
  share: 22,
  users: { prefix: 'analyst', count: 120 },
  models: [
    ['gpt-5', 5],
    ['claude-opus-5', 3],
    ['mistral-large', 2],
  ],
  instructions:
    'You research markets. Search first, read at least two sources, compare what they say, and name your sources.',
  instructionTokens: 2100,
  retrieves: 0.7,
  source: 'reports',
  maxSteps: 5,
  delegatesTo: 'reader',
  tools: [
    {
      name: 'web_search',
      medianMs: 640,
      arguments: { query: '{topic} in {city}' },
      result:
        '{"hits":[{"title":"{topic}: an overview","rank":1},{"title":"{topic} and its prices","rank":2}]}',
    },
    {
      name: 'fetch_page',
      medianMs: 880,
      arguments: { page: '{topic}' },
      result:
        'The demand for {topic} grew by {days} percent within a year, most of all in {city} and around it.',
    },
    {
      name: 'calculate',
      medianMs: 8,
      arguments: { expression: '{days} * 1.07' },
      result: '{"result":{days}}',
    },
  ],
  questions: [
    'How did the market for {topic} change in {city} over the last {days} months?',
    'Compare the three largest makers of {topic}. Which of them grows fastest?',
    'Summarise what was written about {topic} this quarter, with sources.',
  ],
  answers: [
    'Demand for {topic} grew by {days} percent within a year. Two of the three sources see the reason in lower prices; the third one points to new rules in {city}. The figures agree within two percent.',
    'Of the three makers, the second one grows fastest with {days} percent a year. It sells {topic} mostly online and has opened a branch in {city}. Sources: the annual reports and two trade journals.',
  ],
  answerTokens: 720,
}

const reader: SeedAgent = {
  ...researcher,
  name: 'reader',
  share: 0,
  models: [['gemini-2.5-flash', 1]],
  instructions: 'You read one document and give back what it says about the question, in quotes.',
  instructionTokens: 480,
  retrieves: 0,
  maxSteps: 2,
  delegatesTo: null,
  questions: ['What does the report say about {topic} in {city}?'],
  answers: ['The report gives a growth of {days} percent for {topic}, and says that {city} leads.'],
  answerTokens: 180,
}

const reviewer: SeedAgent = {
  name: 'reviewer',
  service: 'code-review',
  team: 'platform',
  project: 'engineering',
  major: 2,
  releaseDays: 3,
  rhythm: 'desk',
  share: 20,
  users: { prefix: 'engineer', count: 60 },
  models: [
    ['claude-opus-5', 6],
    ['claude-sonnet-5', 4],
  ],
  instructions:
    'You review changes. Read every file that a change touches, run the tests, and report only what you can show.',
  instructionTokens: 3200,
  retrieves: 0.1,
  source: 'code-index',
  maxSteps: 6,
  delegatesTo: null,
  tools: [
    {
      name: 'read_file',
      medianMs: 12,
      arguments: { path: 'src/{module}.ts' },
      result: 'export function {module}(input: string): string {\n  return input.trim().slice(0, {days})\n}',
    },
    {
      name: 'search_code',
      medianMs: 140,
      arguments: { pattern: '{module}(' },
      result: 'src/{module}.ts:1\nsrc/index.ts:{days}',
    },
    {
      name: 'run_tests',
      medianMs: 9500,
      arguments: { filter: '{module}' },
      result: '{days} passed, 0 failed',
    },
  ],
  questions: [
    'Review the change of {module}: does it keep its promises for empty input?',
    'Find out why the test of {module} fails every {days} runs or so.',
    'Is the new version of {module} faster than the old one? Show figures.',
  ],
  answers: [
    'The change is right for all inputs but one: {module} cuts texts after {days} characters, also in the middle of an emoji. I suggest cutting by graphemes. The tests pass.',
    'The test of {module} waits for {days} milliseconds and not for the event. On a busy machine that is too short. With a wait for the event it passed a hundred times in a row.',
  ],
  answerTokens: 460,
}

const intake: SeedAgent = {
  name: 'invoice-intake',
  service: 'document-intake',
  team: 'finance',
  project: 'back-office',
  major: 5,
  releaseDays: 9,
  rhythm: 'nightly',
  share: 14,
  users: null,
  models: [
    ['gemini-2.5-flash', 7],
    ['gpt-5-mini', 3],
  ],
  instructions: 'You read invoices and give back supplier, number, date, lines and sums as JSON.',
  instructionTokens: 900,
  retrieves: 0.2,
  source: 'suppliers',
  maxSteps: 2,
  delegatesTo: null,
  tools: [
    {
      name: 'read_scan',
      medianMs: 1400,
      arguments: { document: 'scan {order}' },
      result: 'Invoice {order}, {product}, {days} pieces, paid within thirty days',
    },
    {
      name: 'book_invoice',
      medianMs: 180,
      arguments: { number: '{order}', lines: '{days}' },
      result: '{"booked":true}',
    },
  ],
  questions: ['Take in the scan {order}.'],
  answers: ['{"number":"{order}","lines":[{"article":"{product}","count":{days}}],"complete":true}'],
  answerTokens: 160,
}

const analyst: SeedAgent = {
  name: 'data-analyst',
  service: 'ask-your-data',
  team: 'insights',
  project: 'warehouse',
  major: 1,
  releaseDays: 5,
  rhythm: 'always',
  share: 6,
  users: { prefix: 'manager', count: 35 },
  models: [
    ['gpt-5', 4],
    ['mistral-large', 3],
  ],
  instructions: 'You answer questions about sales with SQL. Look at the schema first; never guess a column.',
  instructionTokens: 1750,
  retrieves: 0.3,
  source: 'schemas',
  maxSteps: 4,
  delegatesTo: null,
  tools: [
    {
      name: 'describe_tables',
      medianMs: 30,
      arguments: { schema: 'sales' },
      result: 'orders(id, placed_at, city, total), lines(order_id, product, count)',
    },
    {
      name: 'run_sql',
      medianMs: 760,
      arguments: { sql: "SELECT count(*) FROM orders WHERE city = '{city}'" },
      result: '{"rows":[[{days}]]}',
    },
  ],
  questions: [
    'How many orders came from {city} in the last {days} days?',
    'Which {product} sold best in {city} this month?',
  ],
  answers: [
    'There were {days} orders from {city}, a little more than in the period before.',
    'In {city} the {product} sold best, with {days} pieces in size {size}.',
  ],
  answerTokens: 240,
}

export const seedAgents: readonly SeedAgent[] = [
  support,
  refunds,
  researcher,
  reader,
  reviewer,
  intake,
  analyst,
]

/** What the blanks in texts are filled with, besides numbers. */
export const fillings = {
  product: [
    'rain jacket',
    'trekking pole',
    'head lamp',
    'sleeping bag',
    'camping stove',
    'hiking boot',
    'rucksack',
  ],
  city: ['Lisbon', 'Graz', 'Turku', 'Ghent', 'Malmö', 'Gdańsk', 'Bilbao', 'Leipzig', '神戸', 'São Paulo'],
  size: ['S', 'M', 'L', 'XL', '42', '44'],
  topic: ['heat pumps', 'cargo bikes', 'oat milk', 'solar roofs', 'second-hand phones', 'home batteries'],
  module: ['parseDate', 'mergeRanges', 'normaliseName', 'retryLater', 'splitLines', 'roundMoney'],
} as const
