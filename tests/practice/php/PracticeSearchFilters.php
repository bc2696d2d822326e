<?php

use MediaWiki\Title\Title;
use Wikimedia\Rdbms\IReadableDatabase;

/** Turns the terms of a query into SQL conditions and tests of the page text. */
class PracticeSearchFilters {
	private const NUMBERS = [
		'filew' => 'img_width', 'filewidth' => 'img_width',
		'fileh' => 'img_height', 'fileheight' => 'img_height',
		'filebits' => 'img_bits', 'filesize' => 'img_size', 'fileres' => 'img_width * img_height',
	];
	private const DATES = [
		'creationdate' => '(SELECT MIN(rev_timestamp) FROM revision WHERE rev_page = page_id)',
		'lasteditdate' => '(SELECT rev_timestamp FROM revision WHERE rev_id = page_latest)',
	];
	private const DEPTH = 5;
	private const NOTHING = '1 = 0';

	/** @var array[] terms that are about words */
	private array $textTerms;

	/** @var array[] terms that the database can answer */
	private array $dataTerms;

	public function __construct( private readonly IReadableDatabase $dbr, array $terms ) {
		$aboutText = static fn ( array $term ): bool => in_array( $term['key'], [ '', 'insource', 'intitle' ], true );
		$this->textTerms = array_values( array_filter( $terms, $aboutText ) );
		$this->dataTerms = array_values( array_filter( $terms, static fn ( $term ) => !$aboutText( $term ) ) );
	}

	/** Tell whether the page texts have to be read. */
	public function needText(): bool {
		return (bool)array_filter( $this->textTerms, static fn ( $term ) => $term['key'] !== 'intitle' );
	}

	/** @return string[] */
	public function conditions(): array {
		return array_map( function ( array $term ): string {
			$condition = $this->condition( $term['key'], $term['value'] );
			return $term['minus'] ? "NOT COALESCE($condition, 0)" : "($condition)";
		}, $this->dataTerms );
	}

	/** Compare the words of one page. */
	public function accept( stdClass $row ): bool {
		$title = strtr( $row->page_title, '_', ' ' );
		$source = $row->old_text ?? '';
		foreach ( $this->textTerms as $term ) {
			$fits = ( $term['key'] !== 'insource' && preg_match( $term['pattern'], $title ) ) ||
				( $term['key'] !== 'intitle' && preg_match( $term['pattern'], $source ) );
			if ( $fits === $term['minus'] ) {
				return false;
			}
		}
		return true;
	}

	private function condition( string $key, string $value ): string {
		return match ( true ) {
			isset( self::NUMBERS[$key] ) => $this->number( $key, $value ),
			isset( self::DATES[$key] ) => $this->date( self::DATES[$key], $value ),
			$key === 'filemime' => $this->any( $value, $this->mime( ... ) ),
			$key === 'filetype' => $this->any( $value, $this->mediaType( ... ) ),
			$key === 'incategory' => $this->inCategories( $this->titles( $value, NS_CATEGORY ) ),
			$key === 'hastemplate' => $this->links( 'templatelinks', 'tl', $value, NS_TEMPLATE ),
			$key === 'linksto' => $this->links( 'pagelinks', 'pl', $value, NS_MAIN ),
			$key === 'prefix' => $this->prefix( $value ),
			$key === 'pageid' => $this->pageIds( $value ),
			default => $this->inCategories( $this->descend( $this->titles( $value, NS_CATEGORY ) ) ),
		};
	}

	private function number( string $key, string $value ): string {
		if ( !preg_match( '/^(?:([<>]?)(\d+)|(\d+),(\d+))$/', $value, $found ) ) {
			return self::NOTHING;
		}
		$column = self::NUMBERS[$key];
		$scale = static fn ( string $n ): int => match ( $key ) {
			'filesize' => (int)$n * 1024,
			'fileres' => (int)$n ** 2,
			default => (int)$n,
		};
		if ( isset( $found[3] ) ) {
			return "$column BETWEEN {$scale( $found[3] )} AND {$scale( $found[4] )}";
		}
		$sign = match ( true ) {
			$found[1] !== '' => "{$found[1]}=",
			$key === 'filesize' => '>=',
			default => '=',
		};
		return "$column $sign {$scale( $found[2] )}";
	}

	/** As CirrusSearch and OpenSearch do: a year, month or day counts as a whole, > and <= mean its end. */
	private function date( string $column, string $value ): string {
		$when = '(?<y>\d{4})(?:-(?<m>\d\d)(?:-(?<d>\d\d))?)?|(?<now>now|today)(?:-(?<n>\d+)(?<unit>[ymdh]))?';
		if ( !preg_match( "/^(?<sign>[<>]=?)?(?:$when)$/", $value, $found, PREG_UNMATCHED_AS_NULL ) ) {
			return self::NOTHING;
		}
		$span = $this->span( $found );
		if ( !$span ) {
			return self::NOTHING;
		}
		[ $start, $next ] = array_map( fn ( $at ) => $this->dbr->addQuotes( $at->format( 'YmdHis' ) ), $span );
		return match ( $found['sign'] ) {
			'>' => "$column >= $next",
			'>=' => "$column >= $start",
			'<' => "$column < $start",
			'<=' => "$column < $next",
			default => "$column >= $start AND $column < $next",
		};
	}

	/** @return DateTimeImmutable[] the first second of a period and of the next one; empty for no such date */
	private function span( array $found ): array {
		if ( $found['now'] !== null ) {
			$units = [ 'y' => 'years', 'm' => 'minutes', 'd' => 'days', 'h' => 'hours' ];
			$at = new DateTimeImmutable( 'now', new DateTimeZone( 'UTC' ) );
			if ( $found['n'] !== null ) {
				$at = $at->modify( "-{$found['n']} {$units[$found['unit']]}" );
			}
			$hourly = $found['now'] === 'now';
			$start = $at->setTime( $hourly ? (int)$at->format( 'H' ) : 0, 0 );
			return [ $start, $start->modify( $hourly ? '+1 hour' : '+1 day' ) ];
		}
		$month = (int)( $found['m'] ?? 1 );
		$day = (int)( $found['d'] ?? 1 );
		if ( !checkdate( $month, $day, (int)$found['y'] ) ) {
			return [];
		}
		$start = new DateTimeImmutable( sprintf( '%s-%02d-%02d', $found['y'], $month, $day ), new DateTimeZone( 'UTC' ) );
		$length = $found['d'] !== null ? 'day' : ( $found['m'] !== null ? 'month' : 'year' );
		return [ $start, $start->modify( "+1 $length" ) ];
	}

	/** @param callable(string):string $condition for one alternative */
	private function any( string $value, callable $condition ): string {
		return implode( ' OR ', array_map( $condition, explode( '|', $value ) ) );
	}

	private function mime( string $kind ): string {
		[ $major, $minor ] = explode( '/', $kind, 2 ) + [ 1 => null ];
		$quotedMajor = $this->dbr->addQuotes( strtolower( $major ) );
		return $minor === null
			? "img_major_mime = $quotedMajor OR img_minor_mime = $quotedMajor"
			: "(img_major_mime = $quotedMajor AND img_minor_mime = {$this->dbr->addQuotes( strtolower( $minor ) )})";
	}

	private function mediaType( string $type ): string {
		$upper = strtoupper( $type );
		return 'img_media_type = ' . $this->dbr->addQuotes( $upper === 'IMAGE' ? 'BITMAP' : $upper );
	}

	/** @return Title[] */
	private function titles( string $value, int $namespace ): array {
		return array_filter( array_map(
			static fn ( string $name ) => Title::newFromText( $name, $namespace ),
			explode( '|', $value )
		) );
	}

	/** @param Title[] $categories */
	private function inCategories( array $categories ): string {
		$keys = array_map( static fn ( Title $title ) => $title->getDBkey(), $categories );
		return $keys
			? 'page_id IN (SELECT cl_from FROM categorylinks WHERE cl_to IN (' . $this->dbr->makeList( $keys ) . '))'
			: self::NOTHING;
	}

	/**
	 * @param Title[] $categories
	 * @return Title[] these and their subcategories
	 */
	private function descend( array $categories ): array {
		$known = $level = [];
		foreach ( $categories as $title ) {
			$known[$title->getDBkey()] = $level[$title->getDBkey()] = $title;
		}
		for ( $depth = 0; $level && $depth < self::DEPTH; $depth++ ) {
			$names = $this->dbr->newSelectQueryBuilder()->select( 'page_title' )->distinct()
				->from( 'categorylinks' )->join( 'page', null, 'page_id = cl_from' )
				->where( [ 'cl_to' => array_map( 'strval', array_keys( $level ) ), 'page_namespace' => NS_CATEGORY ] )
				->caller( __METHOD__ )->fetchFieldValues();
			$level = [];
			foreach ( array_diff( $names, array_keys( $known ) ) as $name ) {
				$known[$name] = $level[$name] = Title::makeTitle( NS_CATEGORY, $name );
			}
		}
		return array_values( $known );
	}

	private function links( string $table, string $short, string $value, int $namespace ): string {
		$targets = array_map( fn ( Title $title ): string => $this->dbr->makeList(
			[ 'lt_namespace' => $title->getNamespace(), 'lt_title' => $title->getDBkey() ], LIST_AND
		), $this->titles( $value, $namespace ) );
		return $targets
			? "page_id IN (SELECT {$short}_from FROM $table JOIN linktarget ON lt_id = {$short}_target_id WHERE (" .
				implode( ') OR (', $targets ) . '))'
			: self::NOTHING;
	}

	private function prefix( string $value ): string {
		$title = Title::newFromText( rtrim( $value, '_ ' ) );
		return $title
			? 'page_namespace = ' . $title->getNamespace() . ' AND page_title' .
				$this->dbr->buildLike( $title->getDBkey(), $this->dbr->anyString() )
			: self::NOTHING;
	}

	private function pageIds( string $value ): string {
		return preg_match( '/^\d+(\|\d+)*$/', $value )
			? 'page_id IN (' . implode( ',', explode( '|', $value ) ) . ')'
			: self::NOTHING;
	}
}
