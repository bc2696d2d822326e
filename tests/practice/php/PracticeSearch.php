<?php

use MediaWiki\Api\ApiMessage;
use MediaWiki\Language\RawMessage;
use MediaWiki\MediaWikiServices;
use MediaWiki\Status\Status;
use MediaWiki\Title\Title;

/**
 * Answers the keywords of CirrusSearch that the bot uses from the wiki's own tables, without an index.
 *
 * SQL narrows by numbers, links and dates; words and regular expressions are compared in PHP.
 * Not imitated: OR, stemming, ranking, index delay, Lucene's dialect of regular expressions.
 */
class PracticeSearch extends SearchEngine {
	private const ORDERS = [
		'relevance' => [ 'page_id', 'ASC' ],
		'none' => [ 'page_id', 'ASC' ],
		'just_match' => [ 'page_id', 'ASC' ],
		'create_timestamp_asc' => [ 'page_id', 'ASC' ],
		'create_timestamp_desc' => [ 'page_id', 'DESC' ],
		'last_edit_asc' => [ 'page_latest', 'ASC' ],
		'last_edit_desc' => [ 'page_latest', 'DESC' ],
	];

	/** @inheritDoc */
	public function getValidSorts() {
		return array_keys( self::ORDERS );
	}

	/** @inheritDoc */
	public function supports( $feature ) {
		return $feature === 'search-update' ? false : parent::supports( $feature );
	}

	/** @inheritDoc */
	protected function doSearchText( $term ) {
		global $wgPracticeSearchWindow, $wgPracticeSearchWarning;
		$limit = min( $this->limit, $wgPracticeSearchWindow - $this->offset );
		if ( $limit <= 0 ) {
			return Status::newFatal( ApiMessage::create( new RawMessage(
				"Could not retrieve results. Up to $wgPracticeSearchWindow search results are supported, " .
				"but results starting at {$this->offset} were requested."
			), 'cirrussearch-offset-too-large' ) );
		}
		$found = $this->find( $term );
		$partial = $wgPracticeSearchWarning !== null;
		if ( $partial ) {
			$found = array_slice( $found, 0, intdiv( count( $found ) + 1, 2 ) );
		}
		$titles = array_map(
			static fn ( stdClass $row ): Title => Title::newFromRow( $row ),
			array_slice( $found, $this->offset, $limit )
		);
		$status = Status::newGood( new PracticeSearchResults( $titles, count( $found ) ) );
		if ( $partial ) {
			$status->warning( ApiMessage::create( new RawMessage(
				'The search timed out, only partial results are available.'
			), 'cirrussearch-timed-out' ) );
		}
		return $status;
	}

	/**
	 * List the rows of all pages that fit, in the order asked for.
	 *
	 * @return stdClass[]
	 */
	private function find( string $query ): array {
		$dbr = MediaWikiServices::getInstance()->getConnectionProvider()->getReplicaDatabase();
		$filters = new PracticeSearchFilters( $dbr, PracticeSearchTerms::parse( $query ) );
		[ $field, $direction ] = self::ORDERS[$this->getSort()];
		$rows = $dbr->newSelectQueryBuilder()
			->select( [ 'page_id', 'page_namespace', 'page_title', 'page_latest', 'page_is_redirect',
				'page_len', 'page_content_model', 'page_lang' ] )
			->from( 'page' )
			->leftJoin( 'image', null, [ 'page_namespace' => NS_FILE, 'img_name = page_title' ] )
			->where( [ 'page_is_redirect' => 0 ] )
			->andWhere( $this->namespaces ? [ 'page_namespace' => $this->namespaces ] : [] )
			->andWhere( $filters->conditions() )
			->orderBy( $field, $direction )
			->caller( __METHOD__ );
		if ( $filters->needText() ) {
			$rows->select( 'old_text' )
				->join( 'slots', null, 'slot_revision_id = page_latest' )
				->join( 'content', null, 'content_id = slot_content_id' )
				->join( 'text', null, 'old_id = CAST(SUBSTR(content_address, 4) AS INTEGER)' );
		}
		$kept = [];
		foreach ( $rows->fetchResultSet() as $row ) {
			if ( $filters->accept( $row ) ) {
				$kept[] = $row;
			}
		}
		return $kept;
	}
}
