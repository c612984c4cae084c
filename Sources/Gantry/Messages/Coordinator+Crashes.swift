// Takes what a dead container's signal handler noted, for whoever reads its error later.

import GantryContainers

extension Coordinator {
  /// Where a container crashed, if it noted the signal that ended it.
  func crashSite(of container: Container, _ end: ContainerEnd) -> CrashSite? {
    guard case .signal(let number) = end, let words = container.lane.crash() else { return nil }
    let note = CrashNote(words: words)
    // It may have noted a signal that it survived.
    guard note.signal == UInt64(bitPattern: Int64(number)) else { return nil }
    return CrashSite(note: note, executable: nil)
  }
}
