// Who pays where a dead container's own word is worth nothing: one that wrote what none may, or died time and again
// without a word of what it ran. What it may have been running runs again without company, for free; what does it once
// more there, alone, is charged. So no innocent neighbour pays, and nothing can go on for ever.

import GantryContainers
import GantryLanes
import GantryScheduling

/// What is thought of an input after a death that named nobody.
struct Doubt {
  /// It has happened too often over the same input to be an accident.
  let isCertainty: Bool
}

extension Coordinator {
  /// So many containers may die over an input without naming anybody before it is charged: they may have been killed
  /// from outside, in the moments between two inputs.
  private static let doubtsAllowed = 3

  /// Counts a death that names nobody against the first input in its book; nil: nothing is to be made of it.
  ///
  /// By its own words it may not even have begun. But it had work, and words are all that is known.
  func doubt(_ container: Container) -> Doubt? {
    guard container.hasStarted, !container.isRetiring, !container.isOrphan, !isStopped,
      container.overdueBefore == nil, !container.outlivedCancel, let piece = container.ledger.foremost
    else { return nil }
    let chunk = chunks[piece.chunk]
    guard !chunk.call.isCancelled, chunk.call.failure == nil else { return nil }
    let index = chunk.base + Int(piece.inputs.lowerBound)
    var charge = chunk.call.charges[index] ?? Charge()
    charge.doubts += 1
    chunk.call.charges[index] = charge
    return Doubt(isCertainty: charge.doubts > Coordinator.doubtsAllowed)
  }

  /// Closes the books of a container that ran one input at a time and is not believed; false: it had nothing to do.
  ///
  /// `doubt`: it named nobody; nil where it lied.
  func settleDistrusted(
    _ container: Container, _ end: ContainerEnd, at last: LaneProgress, _ exit: ContainerExit, _ doubt: Doubt?
  ) -> Bool {
    let (suspects, obituary) = container.ledger.closeDistrusting(at: last)
    for piece in obituary.redeliver.reversed() { requeue(piece) }
    if let suspects {
      if container.isAlone, suspects.inputs.count == 1, doubt?.isCertainty ?? true {
        let isOverdue = container.overdue != nil && end.isByKill
        let timeout = container.pool.options.timeout ?? .zero
        charge(suspects, isOverdue ? .timedOut(after: timeout) : .crashed(exit), container)
      } else {
        suspect(suspects)
      }
    }
    for chunk in obituary.released { dereference(chunk) }
    return suspects != nil
  }

  /// Has inputs run without company, in parts: a few rounds find one among any number.
  private func suspect(_ piece: Piece) {
    let chunk = chunks[piece.chunk]
    let most = max(1, (piece.inputs.count + Coordinator.suspectParts - 1) / Coordinator.suspectParts)
    var first = piece.inputs.lowerBound
    while first < piece.inputs.upperBound {
      let end = min(piece.inputs.upperBound, first + UInt32(most))
      if !chunk.call.isCancelled, chunk.call.failure == nil {
        chunk.call.charges[chunk.base + Int(first), default: Charge()].isSuspect = true
      }
      requeue(Piece(chunk: piece.chunk, inputs: first..<end))
      first = end
    }
  }

  private static let suspectParts = 8
}
