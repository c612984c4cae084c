// Who pays where a dead container's own word is worth nothing: one that wrote what none may, or died time and again
// without a word of what it ran. What it may have been running runs again without company, for free; what does it once
// more there, alone, is charged. So no innocent neighbour pays, and nothing can go on for ever.

import GantryLanes
import GantryScheduling

extension Coordinator {
  /// So many containers may die over an input without naming anybody before it is suspected.
  static let doubtsAllowed = 3

  /// Whether a container that named nobody has died over the same input as several before it.
  func isDoubtful(_ container: Container) -> Bool {
    guard container.hasStarted, !container.isRetiring, !container.isOrphan, !isStopped,
      container.overdueBefore == nil, !container.outlivedCancel, let piece = container.ledger.foremost
    else { return false }
    let chunk = chunks[piece.chunk]
    guard !chunk.call.isCancelled, chunk.call.failure == nil else { return false }
    let index = chunk.base + Int(piece.inputs.lowerBound)
    var charge = chunk.call.charges[index] ?? Charge()
    charge.doubts += 1
    chunk.call.charges[index] = charge
    return charge.doubts >= Coordinator.doubtsAllowed
  }

  /// Closes the books of a container that ran one input at a time and is not believed; false: it had nothing to do.
  func settleDistrusted(_ container: Container, at last: LaneProgress, _ exit: ContainerExit) -> Bool {
    let (suspects, obituary) = container.ledger.closeDistrusting(at: last)
    for piece in obituary.redeliver.reversed() { requeue(piece) }
    if let suspects {
      if container.isAlone, suspects.inputs.count == 1 {
        charge(suspects, .crashed(exit), container)
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
