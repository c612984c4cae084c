// A record judged and entered in one go, as tests of the book want it.

import GantryScheduling

extension LaneLedger {
  /// Checks a record against the book and enters it; one that is refused changes nothing.
  mutating func accept(_ record: RecordFacts) throws(LedgerViolation) -> Accepted {
    let accepted = try judge(record)
    enter(accepted)
    return accepted
  }

  /// The same for a record that may be of any claimed descriptor.
  mutating func accept(_ record: RecordFacts, amid claimed: UInt64) throws(LedgerViolation) -> Accepted {
    let accepted = try judge(record, amid: claimed)
    enter(record)
    return accepted
  }
}
