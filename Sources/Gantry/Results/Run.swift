// What result streams are made of: consecutive elements, and the failure behind them.

/// Consecutive elements of a result stream; `failure` is that of the input behind them.
@usableFromInline
struct Run<Element> {
  @usableFromInline var index: Int
  @usableFromInline var elements: [Element]
  @usableFromInline var failure: InputError?
  /// The failure is one of decoding: the driver's books have it as an output.
  var isUndecodable = false
  /// What was noted of each element and of the failure, for calls that asked.
  var facts: [OutcomeFacts]

  @usableFromInline
  init(index: Int, elements: [Element], failure: InputError? = nil) {
    self.index = index
    self.elements = elements
    self.failure = failure
    facts = []
  }

  init(index: Int, elements: [Element], failure: InputError? = nil, facts: [OutcomeFacts]) {
    self.init(index: index, elements: elements, failure: failure)
    self.facts = facts
  }

  /// Elements and failure.
  var count: Int { elements.count + (failure == nil ? 0 : 1) }

  /// Takes the first elements off.
  mutating func removePrefix(_ count: Int) -> Run {
    let prefix = Run(
      index: index, elements: Array(elements.prefix(count)), facts: Array(facts.prefix(count)))
    elements.removeFirst(count)
    facts.removeFirst(min(count, facts.count))
    index += count
    return prefix
  }
}

extension Run: Sendable where Element: Sendable {}
