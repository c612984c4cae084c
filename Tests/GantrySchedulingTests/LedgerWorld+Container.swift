// The honest container of a small world: Claim, Input and Commit of PROTOCOL.md, one shared access a step.

@testable import GantryScheduling

extension LedgerWorld {
  mutating func applyContainer(_ act: Act) throws {
    switch (place, act) {
    case (.idle, _):
      claim = claimed + 1  // C2
      place = .claimStored
    case (.claimStored, _):
      if avail > claimed {  // C4
        claimed += 1
        place = .claimed
      } else {
        claim = claimed
        place = .idle
      }
    case (.claimed, _):
      input = plan.items[item].lowerBound  // C5
      unpublished = input
      written = input
      place = .begin
    case (.begin, _):
      progress = .running(input, at: position(claimed - 1))  // I1
      place = .check
    case (.check, _):
      try checkInput()  // I3
    case (.running, .fail): place = .threw
    case (.running, .large): place = .large
    case (.running, _):
      written = input + 1  // I4
      place = .done
    case (.done, _):
      input += 1
      place = act == .goOn ? .begin : act == .pause ? .pause : .leave
    case (.pause, _):
      progress = .idle(input, at: position(claimed - 1))  // I5
      place = .publish
    case (.publish, _):
      publishOutputs(last: false)
      place = .begin
    case (.threw, _), (.large, _):
      publishUnusual()
    case (.largeRest, _):
      publishSingle()
    case (.leave, _):
      progress = .idle(input, at: position(claimed - 1))  // I5
      place = .last
    case (.last, _):
      publishOutputs(last: true)
      place = .idle
    }
  }

  private mutating func checkInput() throws {
    if input >= ends[item] {
      place = .leave
      return
    }
    guard !isSettled(item, input) else {
      throw WorldBroken("input \(input) of item \(item) runs though it was given to others")
    }
    place = .running
  }

  private mutating func publishOutputs(last: Bool) {
    records.append(.outputs(unpublished..<input, at: position(claimed - 1), last: last))  // P2
    unpublished = input
  }

  /// What is finished goes first; the record of another kind comes while the input is still said to run.
  private mutating func publishUnusual() {
    if unpublished < input {
      publishOutputs(last: false)
    } else if place == .large {
      records.append(.one(.piece, input, at: position(claimed - 1)))
      place = .largeRest
    } else {
      publishSingle()
    }
  }

  private mutating func publishSingle() {
    records.append(.one(.single, input, at: position(claimed - 1)))
    input += 1
    unpublished = input
    written = input
    place = .begin
  }

  /// The input whose function runs at this moment.
  var trulyRunning: UInt32? { place == .running ? input : nil }

  /// The input that a death at this moment may be laid to: the one that runs, is about to, or has just ended.
  var chargeable: UInt32? {
    switch place {
    case .check, .running, .done, .threw, .large, .largeRest: input
    case .begin, .pause: input > plan.items[item].lowerBound ? input - 1 : nil
    case .leave: progress.input  // as it was said last: just ended, or marked and stopped at a lowered end
    case .idle, .claimStored, .claimed, .publish, .last: nil
    }
  }
}
