// Catches the second iteration of what can be iterated once.

import Synchronization

/// Whether a sequence's one pass was taken, over all its views.
final class SinglePass: Sendable {
  private let isTaken = Atomic<Bool>(false)

  func take() {
    let wasTaken = isTaken.exchange(true, ordering: .relaxed)
    require(
      !wasTaken, "MapResults can be iterated once; call map again, or keep the array that collect() returns.")
  }
}
