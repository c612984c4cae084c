// The driver's side of the account: every result is entered once, and at the end of the round compared with what the
// containers marked on the board. What does not fit is a finding, with a sentence.

import Gantry
import Glibc
import Synchronization

/// What is found in a round.
enum Finding: Int, CaseIterable {
  /// An input whose call ended without its result.
  case lost
  /// An input delivered twice, or one that nobody sent.
  case duplicated
  /// An output of another input, or a damaged one.
  case damaged
  /// An input charged with a death or an overrun that was neither running nor at the edge; or one that was running when
  /// its container died and was not charged.
  case wronglyBlamed
  /// After deaths whose memory is believed: a run more than was charged.
  case ranAgain
  /// An honest container that the driver killed for what it wrote.
  case condemned
  /// A call that ended with an error of the runtime.
  case refused
  /// No progress for too long.
  case hung
  /// Descriptors, processes or names left behind.
  case leftBehind

  var name: String {
    switch self {
    case .lost: "lost"
    case .duplicated: "duplicated"
    case .damaged: "damaged"
    case .wronglyBlamed: "wrongly blamed"
    case .ranAgain: "ran again"
    case .condemned: "condemned though honest"
    case .refused: "calls refused"
    case .hung: "hung"
    case .leftBehind: "left behind"
    }
  }
}

/// Charges in the few instructions around a function, which an outside kill may cause (PROTOCOL.md, Death).
enum Edge: Int, CaseIterable {
  case justEnded, nextOfChunk, firstOfChunk

  var name: String {
    switch self {
    case .justEnded: "ended, its output not yet marked complete"
    case .nextOfChunk: "about to begin, behind the one that ended last"
    case .firstOfChunk: "about to begin, the first of a chunk"
    }
  }
}

/// Which checks hold for the inputs of a call.
enum Rules: UInt8 {
  /// One at a time, no timeout, not cancelled: each run but the last was charged or threw, and each death too.
  case exact = 1
  /// Others run beside it, or it may be killed for its time: only who is charged is checked.
  case blame
  /// Cancelled: nothing of its deaths is known.
  case none
}

/// All that was delivered in this round.
///
/// `@unchecked Sendable`: the arrays are guarded by `lock`; of `book` each element is written by the one task whose call
/// the input belongs to, and read when all calls have ended.
final class Judge: @unchecked Sendable {
  static let shared = Judge()

  private struct Entry {
    var rules: UInt8 = 0
    var delivered: UInt8 = 0
    var attempts: UInt16 = 0
  }
  private struct Charge {
    var id: Int
    var pid: Int32
    var function: String
    /// When a charge with a timeout came.
    var timedOutAt: Int?

    var isConcurrent: Bool { Functions.concurrentNames.contains(function) }
  }

  private let book = UnsafeMutablePointer<Entry>.allocate(capacity: Board.mostInputs)
  private let lock = Mutex(())
  private var charges: [Charge] = []
  private var findings: [Int] = Finding.allCases.map { _ in 0 }
  private var edges: [Int] = Edge.allCases.map { _ in 0 }
  private var charged = 0
  private let nextID = Atomic<Int>(0)
  private let results = Atomic<Int>(0)

  private init() {
    book.initialize(repeating: Entry(), count: Board.mostInputs)
  }

  func find(_ finding: Finding, _ sentence: @autoclosure () -> String, times number: Int = 1) {
    guard number > 0 else { return }
    let isTold = lock.withLock { _ in
      findings[finding.rawValue] += number
      return findings[finding.rawValue] <= 12
    }
    if isTold { say("FINDING \(finding.name): \(sentence())") }
  }

  /// Numbers for so many inputs; nil when the board is full.
  func number(_ count: Int) -> Int? {
    let base = nextID.add(count, ordering: .relaxed).oldValue
    return base + count <= Board.mostInputs ? base : nil
  }

  // MARK: Results

  /// Enters a result of a call's input.
  func enter<Output>(
    _ result: Result<Output, InputError>, id: Int, attempts: Int?, rules: Rules, throwing: Dangers?,
    isRight: (Int, Output) -> Bool
  ) {
    results.add(1, ordering: .relaxed)
    guard book[id].delivered == 0 else { return find(.duplicated, "input \(id), \(result)") }
    book[id].delivered = 1
    book[id].rules = attempts == nil ? Rules.blame.rawValue : rules.rawValue
    book[id].attempts = UInt16(clamping: attempts ?? 0)
    switch result {
    case .success(let output):
      if !isRight(id, output) { find(.damaged, "input \(id) gave \(String(describing: output).prefix(200))") }
    case .failure(let error):
      book[id].delivered = 2
      judge(error, id, rules, throwing)
    }
  }

  private func judge(_ error: InputError, _ id: Int, _ rules: Rules, _ throwing: Dangers?) {
    switch error.reason {
    case .crashed(let exit):
      lock.withLock { _ in
        charges.append(Charge(id: id, pid: exit.pid, function: error.function))
      }
    case .timedOut:
      // Its container is named by the outcome alone; `note` follows with it.
      break
    case .threw(let thrown):
      let run = Board.begun(id) - 1
      guard let throwing, case .throwing = Fate(id: id, run: run, throwing),
        (thrown.underlying as? Trouble)?.id == id
      else { return find(.damaged, "input \(id) of \(error.function) threw \(thrown) in run \(run)") }
    case .undeliverable, .cancelled:
      find(.damaged, "input \(id): \(error)")
    }
  }

  /// Enters who ran an input that timed out.
  func noteTimeout(_ id: Int, pid: Int32, function: String) {
    lock.withLock { _ in
      charges.append(Charge(id: id, pid: pid, function: function, timedOutAt: Int(monotonic())))
    }
  }

  /// Notes inputs that no result came of, although their call has ended.
  func lose(_ ids: [Int], of function: String) {
    find(.lost, "\(ids.count) of \(function): \(ids.prefix(10))", times: ids.count)
  }

  // MARK: The audit

  /// Compares all that was delivered with the board; when all containers are gone.
  func audit() {
    var rows: [Int32: [Board.Row]] = [:]
    var runningAtDeath: [Int: Int] = [:]
    for number in 0..<Board.rows {
      let row = Board.row(number)
      rows[row.pid, default: []].append(row)
      for id in row.running { runningAtDeath[id, default: 0] += 1 }
    }
    var chargedWith: [Int32: Int] = [:]
    for charge in charges {
      audit(charge, rows[charge.pid] ?? [])
      // Of those that run beside each other all that are overdue pay.
      if charge.timedOutAt == nil || !charge.isConcurrent { chargedWith[charge.pid, default: 0] += 1 }
    }
    // Otherwise one death costs one input; a process number may come twice in a round.
    for (pid, count) in chargedWith where count > max(1, rows[pid]?.count ?? 0) {
      find(.wronglyBlamed, "\(count) inputs were charged with the end of container \(pid)")
    }
    for id in 0..<min(Board.mostInputs, nextID.load(ordering: .relaxed)) { auditRuns(id) }
    for (id, deaths) in runningAtDeath where book[id].rules == Rules.exact.rawValue {
      let entry = book[id]
      let most = Int(entry.attempts) - (entry.delivered == 1 ? 1 : 0)
      if deaths > most {
        find(
          .wronglyBlamed,
          "input \(id) was running at \(deaths) deaths and had \(entry.attempts) attempts (\(entry.delivered))"
        )
      }
    }
  }

  /// Whether the one who pays was running when that container died.
  private func audit(_ charge: Charge, _ rows: [Board.Row]) {
    charged += 1
    // A process number may come twice in a round: one of its owners explains the charge.
    if let row = rows.first(where: { $0.running.contains(charge.id) }) {
      guard let at = charge.timedOutAt else { return }
      let ran = at - Board.beganAt(charge.id)
      let limit = 60_000_000
      if ran < limit {
        find(.wronglyBlamed, "input \(charge.id) timed out in \(row.pid) after \(ran) ns of \(limit)")
      }
      return
    }
    // Where several run, others may have ended since: it is done if each of its runs has ended.
    let isDone = Board.ended(charge.id) > 0 && Board.ended(charge.id) == Board.begun(charge.id)
    if rows.contains(where: { $0.lastEnded == charge.id && $0.running.isEmpty })
      || (charge.isConcurrent && isDone)
    {
      edges[Edge.justEnded.rawValue] += 1
    } else if rows.contains(where: { $0.lastEnded == charge.id - 1 && $0.running.isEmpty }) {
      edges[Edge.nextOfChunk.rawValue] += 1
    } else if rows.isEmpty || rows.contains(where: { $0.running.isEmpty }) {
      edges[Edge.firstOfChunk.rawValue] += 1
    } else {
      find(
        .wronglyBlamed,
        "input \(charge.id) of \(charge.function) was charged with the end of \(charge.pid), where \(rows) ran"
      )
    }
  }

  private func auditRuns(_ id: Int) {
    let entry = book[id]
    guard entry.rules == Rules.exact.rawValue else { return }
    let (begun, ended, attempts) = (Board.begun(id), Board.ended(id), Int(entry.attempts))
    if begun < attempts { edges[Edge.firstOfChunk.rawValue] += attempts - begun }
    if begun > attempts, !Plan.current.isViolent {
      find(
        .ranAgain,
        "input \(id) began \(begun) times, ended \(ended) times, with \(attempts) attempts (\(entry.delivered))"
      )
    }
    if entry.delivered == 1, ended == 0 { find(.damaged, "input \(id) never ended, and was delivered") }
  }

  /// The round's sums, a line each.
  var report: [String] {
    var lines = ["count results \(results.load(ordering: .relaxed))", "count charged \(charged)"]
    for finding in Finding.allCases {
      lines.append("finding \(finding.rawValue) \(findings[finding.rawValue])")
    }
    for edge in Edge.allCases { lines.append("edge \(edge.rawValue) \(edges[edge.rawValue])") }
    for event in Event.allCases { lines.append("event \(event.rawValue) \(Board.counted(event))") }
    return lines
  }
}

/// A line on standard error, which the supervisor shows where a round fails.
func say(_ text: String) {
  var line = text + "\n"
  line.withUTF8 { _ = write(2, $0.baseAddress, $0.count) }
}
