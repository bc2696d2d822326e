<?php

use MediaWiki\Title\Title;

/** One page of results, with the count of all. */
class PracticeSearchResults extends SearchResultSet {
	/** @param Title[] $titles */
	public function __construct( array $titles, private readonly int $total ) {
		parent::__construct( true );
		$this->results = array_map( static fn ( Title $title ) => SearchResult::newFromTitle( $title ), $titles );
	}

	/** @inheritDoc */
	public function getTotalHits() {
		return $this->total;
	}
}
