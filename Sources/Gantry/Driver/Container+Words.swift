// What comes through a container's standard error: its own words, after those of the main that it ran first.
// Called by the driver under its lock, with bytes in the order in which the container wrote them.

extension Container {
  static let mostLastWords = 4096

  /// Keeps the end of what was written, and gives back what is to be shown.
  ///
  /// A container that runs the program's main repeats what that prints: it explains a death on the way to the driver,
  /// and is not shown.
  func hear(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    lastWords.append(contentsOf: bytes)
    var own = bytes
    if let mark {
      guard let end = lastWords.firstEnd(of: mark) else {
        keepLastWords(longerBy: mark.count)
        return []
      }
      self.mark = nil
      own = lastWords[end...]
      lastWords = Array(own)
    }
    keepLastWords(longerBy: 0)
    return isHeard ? own : []
  }

  /// `excess`: the beginning of a mark may stand at the end, with its other half still to come.
  private func keepLastWords(longerBy excess: Int) {
    let surplus = lastWords.count - Container.mostLastWords - excess
    if surplus > 0 { lastWords.removeFirst(surplus) }
  }
}

extension [UInt8] {
  /// Where the first occurrence of a pattern ends.
  fileprivate func firstEnd(of pattern: [UInt8]) -> Int? {
    guard let first = pattern.first, count >= pattern.count else { return nil }
    for start in 0...(count - pattern.count) where self[start] == first {
      if self[start..<(start + pattern.count)].elementsEqual(pattern) { return start + pattern.count }
    }
    return nil
  }
}
