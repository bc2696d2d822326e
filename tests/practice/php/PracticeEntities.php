<?php

use MediaWiki\Api\ApiBase;
use MediaWiki\Title\Title;
use Wikimedia\ParamValidator\ParamValidator;

/**
 * Answers action=wbgetentities as WikibaseMediaInfo does, from what statements.json of the instance tells.
 *
 * Imitated are ids of files ("M17") and the statements; there are neither labels nor other entities.
 */
class PracticeEntities extends ApiBase {
	private const PROPERTIES = [ 'P180', 'P275', 'P6216', 'P7482' ];

	/** @inheritDoc */
	public function execute() {
		$params = $this->extractRequestParams();
		$counts = [];
		foreach ( PracticeBeside::read( 'statements' ) as $name => $count ) {
			$counts[Title::newFromTextThrow( $name )->getArticleID()] = $count;
		}
		foreach ( $params['ids'] as $id ) {
			if ( !preg_match( '/^M[1-9]\d*$/D', $id ) ) {
				$this->dieWithError( [ 'rawmessage', "Could not find an entity with the ID \"$id\"." ], 'no-such-entity' );
			}
			$count = $counts[(int)substr( $id, 1 )] ?? null;
			$this->getResult()->addValue( 'entities', $id, $count === null
				? [ 'id' => $id, 'missing' => '' ]
				: $this->entity( $id, $count, $params['props'] ) );
		}
		$this->getResult()->addValue( null, 'success', 1 );
	}

	private function entity( string $id, int $count, array $props ): array {
		$entity = [ 'type' => 'mediainfo', 'id' => $id ];
		if ( in_array( 'claims', $props, true ) ) {
			// Without any, the map that PHP writes is a list.
			$entity['statements'] = [];
			for ( $number = 0; $number < $count; $number++ ) {
				$property = self::PROPERTIES[$number % count( self::PROPERTIES )];
				$entity['statements'][$property][] = $this->statement( $id, $property, $number );
			}
		}
		return $entity;
	}

	private function statement( string $id, string $property, int $number ): array {
		$item = [ 'entity-type' => 'item', 'numeric-id' => $number + 1, 'id' => 'Q' . ( $number + 1 ) ];
		return [
			'mainsnak' => [
				'snaktype' => 'value',
				'property' => $property,
				'hash' => sha1( "$property $number" ),
				'datavalue' => [ 'value' => $item, 'type' => 'wikibase-entityid' ],
			],
			'type' => 'statement',
			'id' => sprintf( '%s$00000000-0000-4000-8000-%012d', $id, $number ),
			'rank' => 'normal',
		];
	}

	/** @inheritDoc */
	public function getAllowedParams() {
		return [
			'ids' => [ ParamValidator::PARAM_TYPE => 'string', ParamValidator::PARAM_ISMULTI => true,
				ParamValidator::PARAM_REQUIRED => true ],
			'props' => [
				ParamValidator::PARAM_TYPE => [ 'info', 'labels', 'descriptions', 'claims', 'datatype' ],
				ParamValidator::PARAM_DEFAULT => 'info|labels|descriptions|claims|datatype',
				ParamValidator::PARAM_ISMULTI => true,
			],
		];
	}
}
