// A small world around one ledger: a lane's shared words, an honest container and the driver's acts on it,
// one atomic step at a time as PROTOCOL.md numbers them. It knows what truly happened and compares the book
// with that.

@testable import GantryScheduling

/// The book and the truth differ.
struct WorldBroken: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// What a world is made of and what may happen in it.
struct WorldPlan: Sendable, CustomStringConvertible {
  /// The inputs of each descriptor.
  var items: [Range<UInt32>]
  /// The position of the first descriptor.
  var base: UInt64 = 0
  var throwing = true
  var large = false
  var splits = 1
  var revokes = 0
  var harvests = true

  /// Each input of the world has a number of its own.
  func number(_ item: Int, _ input: UInt32) -> Int {
    items[..<item].reduce(0) { $0 + $1.count } + Int(input - items[item].lowerBound)
  }

  var description: String {
    let kinds = (throwing ? ", throwing" : "") + (large ? ", large" : "")
    return "\(items) from \(base)\(kinds), \(splits) splits, \(revokes) revokes"
  }
}

struct LedgerWorld {
  /// One thing that one side does next.
  enum Act: Hashable {
    // The container's: `step` where it has no choice.
    case step, output, fail, large, goOn, pause, leaveEarly
    // The driver's.
    case publish, drain, readProgress, harvest, aim
    case lowerEnd(UInt32)
    case decideSplit(barrier: Bool)
    case restoreEnd
    case lowerAvail(Int)
    case decideRevoke
  }

  /// Where the container stands: after which step it is.
  enum Place: UInt8 {
    case idle, claimStored, claimed, begin, check, running, done, pause, publish, threw, large, largeRest,
      leave, last
  }

  /// What the driver is in the middle of.
  enum Phase: Equatable {
    case idle
    case harvest(LaneProgress)
    case aimed(LaneProgress)
    case split(UInt32)
    case restore(UInt32)
    case revoke(keep: Int, published: Int)
  }

  let plan: WorldPlan

  // Shared words. Positions are counted from the plan's base.
  var avail = 0
  var claim = 0
  var progress: LaneProgress
  var ends: [UInt32]
  var records: [RecordFacts] = []

  // The container's own.
  var place = Place.idle
  var claimed = 0
  var input: UInt32 = 0
  /// The outputs in the open record are those of `unpublished..<written`.
  var unpublished: UInt32 = 0
  var written: UInt32 = 0

  // The driver's own.
  var ledger = LaneLedger()
  var phase = Phase.idle
  var nextItem = 0
  /// The items of the descriptors from the base on.
  var slots: [Int] = []
  var splits = 0
  var revokes = 0

  /// The inputs that left the book, by number.
  var settled: UInt64 = 0

  init(_ plan: WorldPlan) {
    self.plan = plan
    ends = plan.items.map(\.upperBound)
    progress = .idle(0, at: plan.base &- 1)
  }

  func position(_ slot: Int) -> UInt64 { plan.base &+ UInt64(slot) }
  var item: Int { slots[claimed - 1] }

  // MARK: What can happen

  /// Everything that may happen next.
  func acts() -> [Act] { containerActs() + driverActs() }

  private func containerActs() -> [Act] {
    switch place {
    case .idle: return avail > claimed ? [.step] : []
    case .running:
      return [.output] + (plan.throwing ? [.fail] : []) + (plan.large ? [.large] : [])
    case .done: return [.goOn, .pause] + (input + 1 >= ends[item] ? [.leaveEarly] : [])
    default: return [.step]
    }
  }

  private func driverActs() -> [Act] {
    switch phase {
    case .idle: break
    case .harvest: return [.harvest]
    case .aimed(let seen): return splitActs(seen)
    case .split: return [.decideSplit(barrier: true), .decideSplit(barrier: false)]
    case .restore: return [.restoreEnd]
    case .revoke: return [.decideRevoke]
    }
    var acts: [Act] = []
    if nextItem < plan.items.count { acts.append(.publish) }
    if !records.isEmpty { acts.append(.drain) }
    guard let oldest = ledger.entries.first else { return acts }
    if plan.harvests, ledger.harvest(at: progress) != nil { acts.append(.readProgress) }
    if splits < plan.splits, ledger.splitPoint(at: progress) != nil { acts.append(.aim) }
    if revokes < plan.revokes {
      for keep in Int(oldest.position &- plan.base)..<avail { acts.append(.lowerAvail(keep)) }
    }
    return acts
  }

  /// All ends that a split aimed by this progress may be tried at.
  private func splitActs(_ seen: LaneProgress) -> [Act] {
    guard let (_, least) = ledger.splitPoint(at: seen), let oldest = ledger.entries.first else { return [] }
    return (least..<oldest.end).map { .lowerEnd($0) }
  }

  mutating func apply(_ act: Act) throws {
    switch act {
    case .step, .output, .fail, .large, .goOn, .pause, .leaveEarly: try applyContainer(act)
    default: try applyDriver(act)
    }
    try checkBook()
  }

  // MARK: What must hold

  /// Notes that inputs left the book: each does so once.
  mutating func settle(_ item: Int, _ inputs: Range<UInt32>, as what: String) throws {
    for input in inputs {
      guard plan.items[item].contains(input) else {
        throw WorldBroken("\(what): item \(item) has no input \(input)")
      }
      let bit: UInt64 = 1 << UInt64(plan.number(item, input))
      guard settled & bit == 0 else {
        throw WorldBroken("\(what): input \(input) of item \(item) left the book twice")
      }
      settled |= bit
    }
  }

  func isSettled(_ item: Int, _ input: UInt32) -> Bool {
    settled >> UInt64(plan.number(item, input)) & 1 == 1
  }

  /// What was published and did not leave the book is in it.
  private func checkBook() throws {
    let published = plan.items[..<nextItem].reduce(0) { $0 + $1.count }
    let held = published - settled.nonzeroBitCount
    guard ledger.inputs == held else {
      throw WorldBroken("the book counts \(ledger.inputs) inputs, it holds \(held)")
    }
    for entry in ledger.allEntries {
      guard entry.first <= entry.published, entry.published <= entry.accounted, entry.accounted <= entry.end,
        entry.lowestEnd <= entry.end
      else { throw WorldBroken("an impossible entry, \(entry)") }
    }
  }

  /// When nothing can move any more, nothing may be left.
  func checkEnd() throws {
    guard ledger.isEmpty, ledger.inputs == 0 else {
      throw WorldBroken("everything rests and the book holds \(ledger.allEntries)")
    }
  }
}
